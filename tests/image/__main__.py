"""`make image-test`: take the Containerfile's own steps in roots of our own, and serve from the last one (RUN-4).

As root, with debootstrap. It proves the steps, not the image: no base image is pulled, and chroot is no container. What
is served has a root that is mounted read-only, without any shell, as the user of the image and without capabilities.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgresql
from tests.command_line import BASE_DIR, STRONG_KEYS
from tests.image.containerfile import Stage, stages_of
from tests.image.roots import bootstrap, copied, take

CONTAINERFILE = BASE_DIR / "deploy" / "container" / "Containerfile"
SHELLS = ("bin/sh", "bin/dash", "bin/bash", "bin/rbash", "usr/bin/sh", "usr/bin/dash", "usr/bin/bash")
READ_ONLY = """
mount --bind "$1" "$1"
mount --bind /proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount -o remount,bind,ro "$1"
shift
exec "$@"
"""
SETTINGS = {
    "BASE_URL": "https://tokens.example.com",
    "TRUSTED_PROXY_COUNT": "1",
    "EMAIL_URL": "smtps://mail.example.com",
}


def main() -> None:
    """Build, serve, and say what was found."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("make image-test is for root, with debootstrap installed.")
    programs = postgresql.programs()
    if programs is None:
        sys.exit("make image-test needs PostgreSQL's server programs.")
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        root, stage = built(folder)
        with postgresql.server(programs) as url:
            try_it(root, stage, url)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def built(folder: Path) -> tuple[Path, Stage]:
    """The root of the last stage, after all steps, and the stage."""
    roots: dict[str, Path] = {}
    stages = stages_of(CONTAINERFILE)
    for number, stage in enumerate(stages):
        root = folder / f"{number}-{stage.name or 'last'}"
        print(f"Stage {stage.name or 'last'}, from {stage.base}", flush=True)
        if stage.base in roots:
            copied(roots[stage.base], root)
        else:
            bootstrap(root)
        take(stage, root, roots)
        roots[stage.name] = root
    return root, stages[-1]


def try_it(root: Path, stage: Stage, url: str) -> None:
    """Migrate, create the first administrator, serve, and ask."""
    for shell in SHELLS:
        (root / shell).unlink(missing_ok=True)
    port = postgresql.free_port()
    environment = stage.environment() | STRONG_KEYS | SETTINGS | {"DATABASE_URL": url, "PORT": str(port)}
    entry = stage.last("ENTRYPOINT").words

    def call(*words: str) -> None:
        subprocess.run(contained(root, stage, *words), env=environment, check=True)

    call(*entry, "migrate", "--verbosity", "0")
    call(*entry, "init", "ada", "--email", "ada@example.com")
    with serving(contained(root, stage, *entry, *stage.last("CMD").words), environment, port):
        call(*stage.healthcheck())
        page = fetched(port, "/accounts/login/")
        (style,) = re.findall(r"/static/css/app\.[0-9a-f]{12}\.css", page)
        assert "{" in fetched(port, style)
    print("It serves read-only, without a shell; its health check passes, and a page has its style sheet.", flush=True)


def contained(root: Path, stage: Stage, *words: str) -> list[str]:
    """The words, in this root, which is mounted read-only, as the user of the image."""
    # The PATH of the image leads to no program of root.
    unshare, chroot = (str(shutil.which(program)) for program in ("unshare", "chroot"))
    enter = [chroot, f"--userspec={stage.last('USER').text}", "--groups=", str(root)]
    return [unshare, "--mount", "/bin/sh", "-ec", READ_ONLY, "sh", str(root), *enter, *words]


@contextmanager
def serving(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    """Serve for the time of the block, which begins once it is ready."""
    with subprocess.Popen(command, env=environment) as server:
        try:
            deadline = time.monotonic() + 60
            while not is_ready(port):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            assert server.wait(timeout=45) == 0


def is_ready(port: int) -> bool:
    """Whether it can validate tokens; as Kubernetes asks, by http and the address of the machine."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def fetched(port: int, path: str) -> str:
    """The text of a page or a file, as a proxy asks for it."""
    headers = {"Host": "tokens.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    main()
