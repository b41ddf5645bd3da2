"""Places for what costs much: so many at a time in each process, so that nothing else has to wait for it (AVA-4)."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Part = TypeVar("Part")


class Busy(Exception):
    """No place became free in time: nothing was done, and it can be asked for again."""


class Places:
    """So many places; `patience` says for how many seconds whoever finds none waits for one."""

    def __init__(self, number: int, *, patience: float) -> None:
        self.patience = patience
        self._free = threading.BoundedSemaphore(number)

    def take(self) -> None:
        """Take a place, to be left by `leave`; raises `Busy`."""
        if not self._free.acquire(timeout=self.patience):
            raise Busy

    def leave(self) -> None:
        """Let somebody else have the place."""
        self._free.release()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have a place during the block; raises `Busy`."""
        self.take()
        try:
            yield
        finally:
            self.leave()


class Held(Generic[Part]):
    """What is sent part by part, with a place that is held until the last one, or until nobody waits for more."""

    def __init__(self, places: Places, parts: Generator[Part, None, None]) -> None:
        """Take the place at once, while it can still be answered that there is none; raises `Busy`."""
        places.take()
        self._parts = parts
        self._leave = weakref.finalize(self, places.leave)

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End what makes the parts, and leave the place; more than once changes nothing."""
        self._parts.close()
        self._leave()
