"""A bound on costly work: each process does so much of it at a time, so that nothing else waits for it (AVA-4)."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Part = TypeVar("Part")


class Busy(Exception):
    """No slot became free in time: nothing was done, and the caller can ask again."""


class ConcurrencyLimit:
    """A number of slots; a caller waits `wait_seconds` for a free one."""

    def __init__(self, slots: int, *, wait_seconds: float) -> None:
        self.wait_seconds = wait_seconds
        self._free = threading.BoundedSemaphore(slots)

    def acquire(self) -> None:
        """Take a slot, which `release` gives back; raises `Busy`."""
        if not self._free.acquire(timeout=self.wait_seconds):
            raise Busy

    def release(self) -> None:
        """Give a slot back."""
        self._free.release()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot during the block; raises `Busy`."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


class StreamInSlot(Generic[Part]):
    """A stream that holds a slot until its last part, or until its reader goes away."""

    def __init__(self, limit: ConcurrencyLimit, parts: Generator[Part, None, None]) -> None:
        """Take the slot at once, while the answer can still say that there is none; raises `Busy`."""
        limit.acquire()
        self._parts = parts
        self._release = weakref.finalize(self, limit.release)

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the generator and release the slot; a second call changes nothing."""
        self._parts.close()
        self._release()
