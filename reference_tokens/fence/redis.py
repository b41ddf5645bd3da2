"""The fence as a list in the Redis of `CACHE_URL`, which many machines share."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from redis.exceptions import RedisError

from reference_tokens.fence.positions import Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

KEY = "reference-tokens:fence"
READ_AT_ONCE = 1000
WRITTEN_AT_ONCE = 10_000


@contextmanager
def faults_of_the_place() -> Iterator[None]:
    """Within the block a fault of Redis is one of the place, as a full disk is one of a file."""
    try:
        yield
    except RedisError as error:
        raise OSError(str(error)) from error


class FenceList:
    """The list; each call raises `OSError` where Redis does not answer."""

    @property
    def redis(self) -> Any:
        """A client that writes."""
        return caches["default"]._cache.get_client(KEY, write=True)  # type: ignore[attr-defined] # noqa: SLF001 - Django documents no other way

    def append(self, lines: Sequence[str]) -> None:
        """Append the lines whole, or nothing."""
        with faults_of_the_place(), self.redis.pipeline(transaction=True) as pipe:
            for start in range(0, len(lines), WRITTEN_AT_ONCE):
                pipe.rpush(KEY, *lines[start : start + WRITTEN_AT_ONCE])
            pipe.execute()

    def say_that_it_lacks(self, name: str) -> None:
        """Nothing can be said where Redis does not answer; what waits is told by the database."""

    def say_that_it_lacks_no_more(self, names: Iterable[str]) -> None:
        """Nothing was said."""

    @property
    def lacking(self) -> set[str]:
        """Nothing is known here."""
        return set()

    def end(self) -> Position:
        """The place behind the last line."""
        with faults_of_the_place():
            length = int(self.redis.llen(KEY))
            return Position(length, self._mark(length))

    def knows(self, position: Position) -> bool:
        """Whether what stands before the place is what stood there."""
        with faults_of_the_place():
            return self._mark(position.place) == position.mark

    def lines_after(self, position: Position) -> Iterator[str]:
        """The lines behind the place."""
        start = position.place
        while found := self._lines_at(start):
            yield from (line.decode() for line in found)
            start += len(found)

    def _lines_at(self, start: int) -> list[bytes]:
        with faults_of_the_place():
            found: list[bytes] = self.redis.lrange(KEY, start, start + READ_AT_ONCE - 1)
            return found

    def _mark(self, place: int) -> str:
        last = self.redis.lindex(KEY, place - 1) if place else None
        return hashlib.sha256(last).hexdigest() if last else ""
