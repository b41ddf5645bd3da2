"""What every section of a file can do with its things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.run import Run

Row = TypeVar("Row")
State = dict[str, Any]


class Kind(Protocol[Row]):
    """A kind of thing that a file names. Each method raises `ValidationError` for what the rules refuse."""

    # Of the section, and of one thing.
    section: str
    name: str

    def key(self, entry: Entry) -> str:
        """What tells the things of this kind apart."""

    def shown(self, key: str) -> str:
        """The key as a plan may show it."""

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, Row]:
        """The things that there are, by their keys, in order; with `keys` only these, locked."""

    def state(self, row: Row) -> State:
        """The members of a thing, with nothing that is the file's default left out."""

    def add(self, run: Run, members: State) -> State:
        """Add a thing; returns its members as they are stored."""

    def change(self, run: Run, row: Row, members: State) -> dict[str, int]:
        """Give a thing these members, some of its own; returns how many tokens it concerns, by what it does."""

    def remove(self, run: Run, row: Row) -> State | None:
        """Take a thing away that the file does not name; returns what is left of it, None for nothing."""
