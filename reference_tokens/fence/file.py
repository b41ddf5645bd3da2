"""The fence as a file: lines are appended and synced to the disk, by one process at a time."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from accounts.audit.streaming.destinations import write_all
from reference_tokens.fence.positions import Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# So many bytes before a place tell it from a place in another file.
MARKED_BYTES = 256


class FenceFile:
    """The file that `FENCE_FILE` names."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def append(self, lines: Sequence[str]) -> None:
        """Append the lines whole, or nothing; raises `OSError`. What a crash left of a line is ended first."""
        with self._opened() as descriptor:
            size = os.fstat(descriptor).st_size
            is_cut = size and os.pread(descriptor, 1, size - 1) != b"\n"
            text = "".join(f"{line}\n" for line in lines).encode()
            try:
                write_all(descriptor, b"\n" + text if is_cut else text)
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
            if not size:
                self._sync_folder()

    def say_that_it_lacks(self, name: str) -> None:
        """Say so beside the file, by an empty one, for which a full disk mostly has room."""
        with suppress(OSError):
            self._sign(name).touch(mode=0o600)

    def say_that_it_lacks_no_more(self, names: Iterable[str]) -> None:
        """Take that back."""
        for name in names:
            with suppress(OSError):
                self._sign(name).unlink(missing_ok=True)

    @property
    def lacking(self) -> set[str]:
        """The names of the lines of which that is said."""
        prefix = self._sign("").name
        return {sign.name.removeprefix(prefix) for sign in self.file.parent.glob(f"{glob.escape(prefix)}*")}

    def _sign(self, name: str) -> Path:
        return self.file.with_name(f"{self.file.name}.lacks-{name}")

    def end(self) -> Position:
        """The place behind the last line; raises `OSError`. A fence that is not there yet has its end at its start."""
        if not self.file.exists():
            return Position()
        size = self.file.stat().st_size
        return Position(size, self._mark(size))

    def knows(self, position: Position) -> bool:
        """Whether what stands before the place is what stood there."""
        return self.end().place >= position.place and self._mark(position.place) == position.mark

    def lines_after(self, position: Position) -> Iterator[str]:
        """The lines behind the place; raises `OSError`."""
        if not self.file.exists():
            return
        with self.file.open("rb") as lines:
            lines.seek(position.place)
            for line in lines:
                yield line.decode("utf-8", "replace").rstrip("\n")

    def _mark(self, place: int) -> str:
        if not place:
            return ""
        with self.file.open("rb") as read:
            read.seek(max(0, place - MARKED_BYTES))
            return hashlib.sha256(read.read(min(place, MARKED_BYTES))).hexdigest()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        # Opening what is no file does not wait for a reader.
        descriptor = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{self.file} is no file")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
