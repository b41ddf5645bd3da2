"""What may be wrong with the audit log, and where it begins."""

from __future__ import annotations

from typing import NamedTuple


class Break(NamedTuple):
    """The first thing that does not fit: its kind, the number of the entry (0: none alone), and a sentence."""

    kind: str
    seq: int
    says: str


class Broken(Exception):
    """The audit log is not as it was written; `found` is the first thing that does not fit."""

    def __init__(self, kind: str, seq: int, says: str) -> None:
        super().__init__(says)
        self.found = Break(kind, seq, says)


def entries(first: int, last: int) -> str:
    """Entries by their numbers, as the subject of a sentence."""
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
