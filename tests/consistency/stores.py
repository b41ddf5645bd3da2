"""What servers keep things in, and what can be done to it: a disk that can be filled, a Redis that can be lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.long_runs import rounds
from tests.postgresql import kept_port
from tests.redis import wait_until_it_answers

MEGABYTE = 1 << 20
# What is filled is filled with memory.
SIZE_OF_DISK = rounds(64, long=1024) * MEGABYTE


@dataclass
class Disk:
    """A folder; `can_be_full` where it is a file system of its own, in memory."""

    folder: Path
    can_be_full: bool

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte of it for the time of the block."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                for size in (MEGABYTE, 1024, 1):
                    fill(file, bytes(size))
            yield
        finally:
            ballast.unlink()


def fill(file: object, portion: bytes) -> None:
    """Write the portion until there is no room for another."""
    while True:
        try:
            if file.write(portion) < len(portion):  # type: ignore[attr-defined]
                return
        except OSError:
            return


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A file system of its own at the folder, where this account may mount one, else the folder alone."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_OF_DISK}", "none", str(folder)]
    try:
        is_mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    try:
        yield Disk(folder, is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Cache:
    """A Redis in memory alone, at one port however often it is started."""

    def __init__(self, program: Path) -> None:
        self._program, self.port = program, kept_port()
        self._process = self._started()

    @property
    def url(self) -> str:
        """Its address, as CACHE_URL takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    @classmethod
    @contextmanager
    def running(cls, program: Path) -> Iterator[Cache]:
        """A running one, for the time of the block."""
        cache = cls(program)
        try:
            yield cache
        finally:
            cache.end()

    def restart(self) -> None:
        """Lose all that it holds, and every connection."""
        self.end()
        self._process = self._started()

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [
            str(self._program),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/")
        wait_until_it_answers(self.port)
        return process
