"""Where the fence stands, as `FENCE_FILE` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from django.conf import settings

from reference_tokens.fence.file import FenceFile
from reference_tokens.fence.positions import Position

REDIS = "redis:"


class Place(Protocol):
    """A file, or a list in Redis; each call raises `OSError` where it takes no lines, or gives none."""

    def append(self, lines: Sequence[str]) -> None:
        """Append the lines whole, or nothing, and wait until they are safe."""

    def say_that_it_lacks(self, name: str) -> None:
        """Say beside the lines that the one with this name lacks, and may be others before it, as far as possible."""

    def say_that_it_lacks_no_more(self, names: Iterable[str]) -> None:
        """Take that back."""

    @property
    def lacking(self) -> set[str]:
        """The names of the lines of which that is said."""

    def end(self) -> Position:
        """The place behind the last line."""

    def knows(self, position: Position) -> bool:
        """Whether what stands before the place is what stood there."""

    def lines_after(self, position: Position) -> Iterator[str]:
        """The lines behind the place."""


def has_fence() -> bool:
    """Whether there is one."""
    return bool(settings.FENCE_FILE)


def fence() -> Place:
    """The fence; call it where there is one."""
    if settings.FENCE_FILE != REDIS:
        return FenceFile(Path(settings.FENCE_FILE))
    # A process without Redis does without its library, which takes 10 MB and a quarter of a second.
    from reference_tokens.fence.redis import FenceList  # noqa: PLC0415 - see above

    return FenceList()
