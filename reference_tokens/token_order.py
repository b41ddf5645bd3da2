"""In which orders tokens are listed, and pages of a list that cost the same at any depth.

A place in a list is what a token holds in the columns that the list is ordered by, not a number of rows to skip. An
order is made of runs, so that an index serves each: in a run no column is empty, and all go one way.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import DateTimeField, F, Func, Q, TextField, UUIDField, Value
from django.db.models.lookups import GreaterThan, LessThan

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISSUED, EXPIRY, USED, UNUSED, ENDED = "issued", "expiry", "used", "unused", "ended"


@dataclass(frozen=True, slots=True)
class Run:
    """The tokens of a condition, by instants and then by id. Runs of one rank are merged, others follow each other."""

    rank: int
    condition: Q
    instants: tuple[str, ...]
    is_descending: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make a place in the run."""
        return (*self.instants, "id")

    def place_of(self, token: ReferenceToken) -> Place:
        """Where a token of the run stands."""
        return Place(self.rank, tuple(getattr(token, column) for column in self.columns))

    def beyond(self, place: Place | None, *, is_backwards: bool) -> Q | GreaterThan | LessThan | None:
        """What the tokens of the run hold that stand behind the place, or before it; None where none does."""
        if place is None or place.rank != self.rank:
            is_left = place is None or (place.rank > self.rank if is_backwards else place.rank < self.rank)
            return Q() if is_left else None
        if len(place.values) != len(self.columns):
            return None
        comparison = LessThan if self.is_descending != is_backwards else GreaterThan
        return comparison(Row(*map(F, self.columns)), Row(*map(as_expression, place.values)))


class Place(NamedTuple):
    """Where a token stands in a list: the run's rank, then the instants and the id."""

    rank: int
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ".".join([str(self.rank), *map(written, self.values)])

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that an address names; None where it names none."""
        try:
            rank, *instants, token_id = text.split(".")
            values = [EPOCH + timedelta(microseconds=int(instant)) for instant in instants]
            return cls(int(rank), (*values, uuid.UUID(token_id)))
        except (ValueError, OverflowError):
            return None


class Row(Func):
    """Several columns or values, compared as one: the first that differs decides."""

    template = "(%(expressions)s)"
    output_field = TextField()


class Page(NamedTuple):
    """The tokens of a page, and the places before and behind it where there are more."""

    tokens: list[ReferenceToken]
    before: Place | None
    after: Place | None


def runs(order: str, now: datetime) -> list[Run]:
    """The runs of an order; all but `ended` are orders of tokens that have not ended."""
    unused = Q(last_used_at=None)
    return {
        ISSUED: [Run(0, Q(), ("issued_at",), True)],
        EXPIRY: [
            Run(0, Q(expires_at__gt=now), ("expires_at", "issued_at"), False),
            Run(1, Q(expires_at=None), ("issued_at",), True),
        ],
        USED: [Run(0, ~unused, ("last_used_at", "issued_at"), True), Run(1, unused, ("issued_at",), True)],
        UNUSED: [Run(0, unused, ("issued_at",), False), Run(1, ~unused, ("last_used_at", "issued_at"), False)],
        ENDED: [
            Run(0, Q(revoked_at__isnull=False), ("revoked_at", "issued_at"), True),
            Run(0, Q(revoked_at=None, expires_at__lte=now), ("expires_at", "issued_at"), True),
        ],
    }[order]


def page_of(tokens: ReferenceTokenQuerySet, order: list[Run], *, after: str = "", before: str = "") -> Page:
    """The page behind or before a place; the first one where there is no such place or nothing there."""
    place = Place.read(after or before)
    is_backwards = bool(before and not after and place)
    found = rows(tokens, order, place, is_backwards=is_backwards)
    if not found and place:
        place, is_backwards = None, False
        found = rows(tokens, order, None, is_backwards=False)
    has_more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if is_backwards:
        found.reverse()
    has_newer, has_older = (has_more, True) if is_backwards else (bool(place), has_more)
    return Page(
        [token for _place, token in found],
        found[0][0] if found and has_newer else None,
        found[-1][0] if found and has_older else None,
    )


def rows(
    tokens: ReferenceTokenQuerySet, order: list[Run], place: Place | None, *, is_backwards: bool
) -> list[tuple[Place, ReferenceToken]]:
    """The next tokens from a place on, one more than a page holds, each with its own place."""
    found: list[tuple[Place, ReferenceToken]] = []
    ordered = order[::-1] if is_backwards else order
    for _rank, group in groupby(ordered, lambda run: run.rank):
        merged = list(group)
        left = PAGE_SIZE + 1 - len(found)
        if not left:
            break
        together = [row for run in merged for row in rows_of_run(tokens, run, place, left, is_backwards=is_backwards)]
        if len(merged) > 1:
            together.sort(key=lambda row: row[0].values, reverse=merged[0].is_descending != is_backwards)
        found += together[:left]
    return found


def rows_of_run(
    tokens: ReferenceTokenQuerySet, run: Run, place: Place | None, left: int, *, is_backwards: bool
) -> list[tuple[Place, ReferenceToken]]:
    """The next tokens of one run."""
    condition = run.beyond(place, is_backwards=is_backwards)
    if condition is None:
        return []
    sign = "-" if run.is_descending != is_backwards else ""
    found = tokens.filter(run.condition, condition).order_by(*(f"{sign}{column}" for column in run.columns))
    return [(run.place_of(token), token) for token in found[:left]]


def as_expression(value: Any) -> Value:
    """A value of a place as SQL compares it."""
    return Value(value, output_field=DateTimeField() if isinstance(value, datetime) else UUIDField())


def written(value: Any) -> str:
    """A value of a place as an address holds it: microseconds, or the digits of an id."""
    return str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else value.hex
