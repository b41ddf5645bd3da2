"""The wheel, installed as an operator installs it: read-only, in a folder with spaces, for another user than root."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.command_line import Outcome
from tests.postgresql import free_port

# Who owns nothing, where tests run as root.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
AS_NOBODY = NOBODY if os.geteuid() == 0 else []


class Installed(NamedTuple):
    """An environment of its own, and an empty folder for data."""

    program: Path
    data: Path

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "DATA_DIR": str(self.data), "PYTHONDONTWRITEBYTECODE": "1", **settings}

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> Outcome:
        """Call the command, from a folder that has nothing to do with it."""
        ended = subprocess.run(
            [*AS_NOBODY, self.program, *arguments],
            cwd="/",
            env=self.environment(settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    @contextmanager
    def serving(self, **settings: str) -> Iterator[str]:
        """Serve for the time of the block; yields the address once it is ready."""
        port = free_port()
        values = self.environment({"PORT": str(port), "WORKERS": "1", **settings})
        with subprocess.Popen(
            [*AS_NOBODY, self.program, "serve"], cwd="/", env=values, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                address = f"http://localhost:{port}"
                deadline = time.monotonic() + 60
                while not is_ready(address):
                    assert server.poll() is None, server.communicate()[1]
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                yield address
            finally:
                server.terminate()
                server.communicate(timeout=30)


def is_ready(address: str) -> bool:
    """Whether the service can validate tokens."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=30) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        refused.close()
    except OSError:
        pass
    return False


@contextmanager
def installed(wheel: Path) -> Iterator[Installed]:
    """Install the wheel for the time of the block; what it needs beside it is what the tests run with."""
    # Not below pytest's folder, which its owner alone may look into.
    place = Path(tempfile.mkdtemp(prefix="an installed service "))
    try:
        code, data = place / "the code", place / "the data"
        subprocess.run([python_for_everybody(), "-m", "venv", "--without-pip", code], check=True)
        pip = [sys.executable, "-m", "pip", "--python", str(code / "bin" / "python"), "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel], check=True)
        (packages,) = code.glob("lib/python*/site-packages")
        (packages / "what it needs.pth").write_text("\n".join(site.getsitepackages()) + "\n")
        data.mkdir()
        place.chmod(0o755)
        subprocess.run(["chmod", "-R", "a+rX,a-w", code], check=True)
        data.chmod(0o777)
        yield Installed(code / "bin" / "reference-tokens", data)
    finally:
        subprocess.run(["chmod", "-R", "u+w", place], check=True)
        shutil.rmtree(place)


def python_for_everybody() -> str:
    """This Python, or another one of the same version where the user of the service may not start it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    ours, others = [str(Path(sys.executable).resolve())], [f"/usr/bin/{version}", f"/usr/local/bin/{version}"]
    for python in [*others, *ours] if AS_NOBODY else ours:
        if subprocess.run([*AS_NOBODY, python, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return python
    raise AssertionError(f"no {version} that every user may start")
