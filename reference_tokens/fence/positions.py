"""Places in the fence."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A place behind some lines, and what tells that these are the ones that stood before it."""

    place: int = 0
    mark: str = ""
