"""Roots for the steps of a Containerfile, where no image can be had: debootstrap makes the first, chroot enters all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.command_line import BASE_DIR
from tests.image.containerfile import Stage, Step

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a step is lent while it is taken: what every container has, and how this machine reaches packages.
LENT = {
    "proc": "proc",
    "dev": "dev",
    "etc/resolv.conf": "etc/resolv.conf",
    "etc/apt/apt.conf.d": "etc/apt/apt.conf.d",
    "etc/pip.conf": "run/pip.conf",
    "etc/ssl/certs/ca-certificates.crt": "run/certificates.crt",
}


def bootstrap(root: Path) -> None:
    """Make what the image of Debian is: a minimal system."""
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True, stdout=subprocess.DEVNULL)


def copied(base: Path, root: Path) -> None:
    """A root that begins as another one is."""
    subprocess.run(["cp", "--archive", "--reflink=auto", base, root], check=True)


def take(stage: Stage, root: Path, roots: Mapping[str, Path]) -> None:
    """Take the steps of a stage that change its root."""
    for step in stage.steps:
        if step.name == "RUN":
            with lent(root):
                in_root(root, "/bin/sh", "-c", step.text, **of_pip()).check_returncode()
        elif step.name == "COPY":
            copy(step, root, roots)


def copy(step: Step, root: Path, roots: Mapping[str, Path]) -> None:
    """Copy out of the checkout, or out of another stage."""
    words = step.words
    source = BASE_DIR
    if words[0].startswith("--from="):
        source = roots[words.pop(0).removeprefix("--from=")]
    *names, target = words
    place = root / target.lstrip("/")
    for name in names:
        found = sorted(source.glob(name.lstrip("/")))
        assert found, f"there is no {name}"
        for path in found:
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)


def in_root(root: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a root, as its root, with no other environment."""
    return subprocess.run(["chroot", root, *command], env={"PATH": PATH, **environment}, check=False)


def of_pip() -> dict[str, str]:
    """How pip is told of this machine's packages."""
    given = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {**given, "PIP_CONFIG_FILE": "/run/pip.conf", "PIP_CERT": "/run/certificates.crt"}


@contextmanager
def lent(root: Path) -> Iterator[None]:
    """Lend it for the time of the block: none of it stays in the root."""
    with ExitStack() as stack:
        for name, lent_as in LENT.items():
            ours, theirs = Path("/") / name, root / lent_as
            if not ours.exists():
                continue
            if not theirs.exists():
                theirs.touch()
                stack.callback(theirs.unlink)
            subprocess.run(["mount", "--bind", ours, theirs], check=True)
            stack.callback(unmount, theirs)
        yield


def unmount(place: Path) -> None:
    """Take back what was lent."""
    subprocess.run(["umount", place], check=True)
