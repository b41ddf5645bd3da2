"""In which orders tokens are listed, and pages of a list that cost the same at any depth.

A position in a list is what a token holds in the columns that the list is ordered by, not a number of rows to skip. An
order is made of runs, so that an index serves each: in a run no column is empty, and all go one way.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import DateTimeField, F, Func, Q, TextField, UUIDField, Value
from django.db.models.lookups import GreaterThan, LessThan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISSUED, EXPIRY, USED, UNUSED, ENDED = "issued", "expiry", "used", "unused", "ended"


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens in the order of some instants, then of their ids. Runs of one rank are merged, others follow each other.

    `condition` is what its tokens have in common, and `bounds` from where on the first instant may lie. What stands
    behind a position lies within the bounds by itself; said again, they would lead the database to begin there.
    """

    rank: int
    instants: tuple[str, ...]
    is_descending: bool
    condition: Q = field(default_factory=Q)
    bounds: Q = field(default_factory=Q)
    # What all of its tokens have in common: which column is set, or is not.
    fact: tuple[str, bool] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make a position in the run."""
        return (*self.instants, "id")

    def whole(self, tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
        """Those of the tokens that are of the run."""
        return tokens.filter(self.condition, self.bounds)

    def beyond(
        self, tokens: ReferenceTokenQuerySet, position: ListPosition | None, *, is_backwards: bool
    ) -> ReferenceTokenQuerySet | None:
        """Those of the tokens that are of the run and stand behind the position, or before it; None where none can."""
        if position is None or position.rank != self.rank:
            is_left = position is None or (position.rank > self.rank if is_backwards else position.rank < self.rank)
            return self.whole(tokens) if is_left else None
        if len(position.values) != len(self.columns):
            return None
        comparison = LessThan if self.is_descending != is_backwards else GreaterThan
        is_beyond = comparison(Row(*map(F, self.columns)), Row(*map(position_value, position.values)))
        return tokens.filter(self.condition, self.bounds if is_backwards else Q(), is_beyond)

    def ordered(self, tokens: ReferenceTokenQuerySet, *, is_backwards: bool = False) -> ReferenceTokenQuerySet:
        """The tokens in the order of the run, or from its end."""
        sign = "-" if self.is_descending != is_backwards else ""
        return tokens.order_by(*(f"{sign}{column}" for column in self.columns))

    def position_of(self, token: ReferenceToken) -> ListPosition:
        """Where a token of the run stands."""
        return ListPosition(self.rank, tuple(getattr(token, column) for column in self.columns))


class ListPosition(NamedTuple):
    """Where a token stands in a list: the run's rank, then the instants and the id."""

    rank: int
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ".".join([str(self.rank), *map(position_part, self.values)])

    @classmethod
    def read(cls, text: str) -> ListPosition | None:
        """The position that an address names; None where it names none."""
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


class Unindexed(Func):
    """A column that an order's index is walked beside: SQLite would take an index of the column, and sort all it finds.

    PostgreSQL knows how many these are.
    """

    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """With a plus sign, as SQLite's documentation has it."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """As it is."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **context)


class TokenPage(NamedTuple):
    """The tokens of a page, and the places before and behind it where there are more."""

    tokens: list[ReferenceToken]
    before: ListPosition | None
    after: ListPosition | None


def runs(order: str, now: datetime) -> list[Run]:
    """The runs of an order; all but `ended` are orders of tokens that have not ended."""
    unused, used = Q(last_used_at=None), Q(last_used_at__isnull=False)
    return {
        ISSUED: [Run(0, ("issued_at",), is_descending=True)],
        EXPIRY: [
            Run(
                0,
                ("expires_at", "issued_at"),
                is_descending=False,
                bounds=Q(expires_at__gt=now),
                fact=("expires_at", True),
            ),
            Run(1, ("issued_at",), is_descending=True, condition=Q(expires_at=None), fact=("expires_at", False)),
        ],
        USED: [
            Run(0, ("last_used_at", "issued_at"), is_descending=True, bounds=used, fact=("last_used_at", True)),
            Run(1, ("issued_at",), is_descending=True, condition=unused, fact=("last_used_at", False)),
        ],
        UNUSED: [
            Run(0, ("issued_at",), is_descending=False, condition=unused, fact=("last_used_at", False)),
            Run(1, ("last_used_at", "issued_at"), is_descending=False, bounds=used, fact=("last_used_at", True)),
        ],
        ENDED: runs_of_ended(now),
    }[order]


def runs_of_ended(now: datetime) -> list[Run]:
    """Revoked and expired tokens, by the instant that ended them."""
    return [
        Run(
            0,
            ("revoked_at", "issued_at"),
            is_descending=True,
            condition=Q(revoked_at__isnull=False),
            fact=("revoked_at", True),
        ),
        Run(
            0,
            ("expires_at", "issued_at"),
            is_descending=True,
            condition=Q(revoked_at=None),
            bounds=Q(expires_at__lte=now),
            fact=("revoked_at", False),
        ),
    ]


def runs_with(order: str, facts: Mapping[str, bool], now: datetime) -> list[Run]:
    """The runs of an order that can hold tokens of which these facts are known: which columns are set, or are not."""
    return [run for run in runs(order, now) if run.fact is None or facts.get(run.fact[0], run.fact[1]) == run.fact[1]]


def token_page(tokens: ReferenceTokenQuerySet, order: list[Run], *, after: str = "", before: str = "") -> TokenPage:
    """The page behind or before a position; the first one where there is no such position or nothing there."""
    position = ListPosition.read(after or before)
    is_backwards = bool(before and not after and position)
    found = next_tokens(tokens, order, position, is_backwards=is_backwards)
    if not found and position:
        position, is_backwards = None, False
        found = next_tokens(tokens, order, None, is_backwards=False)
    has_more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if is_backwards:
        found.reverse()
    has_newer, has_older = (has_more, True) if is_backwards else (bool(position), has_more)
    return TokenPage(
        [token for _place, token in found],
        found[0][0] if found and has_newer else None,
        found[-1][0] if found and has_older else None,
    )


def next_tokens(
    tokens: ReferenceTokenQuerySet, order: list[Run], position: ListPosition | None, *, is_backwards: bool
) -> list[tuple[ListPosition, ReferenceToken]]:
    """The next tokens from a position on, one more than a page holds, each with its own position."""
    found: list[tuple[ListPosition, ReferenceToken]] = []
    ordered = order[::-1] if is_backwards else order
    for _rank, group in groupby(ordered, lambda run: run.rank):
        merged = list(group)
        left = PAGE_SIZE + 1 - len(found)
        if not left:
            break
        together = [
            row for run in merged for row in next_tokens_of_run(tokens, run, position, left, is_backwards=is_backwards)
        ]
        if len(merged) > 1:
            together.sort(key=lambda row: row[0].values, reverse=merged[0].is_descending != is_backwards)
        found += together[:left]
    return found


def next_tokens_of_run(
    tokens: ReferenceTokenQuerySet, run: Run, position: ListPosition | None, left: int, *, is_backwards: bool
) -> list[tuple[ListPosition, ReferenceToken]]:
    """The next tokens of one run."""
    found = run.beyond(tokens, position, is_backwards=is_backwards)
    if found is None:
        return []
    return [(run.position_of(token), token) for token in run.ordered(found, is_backwards=is_backwards)[:left]]


def position_value(value: Any) -> Value:
    """A value of a position as SQL compares it."""
    return Value(value, output_field=DateTimeField() if isinstance(value, datetime) else UUIDField())


def position_part(value: Any) -> str:
    """A value of a position as an address holds it: microseconds, or the digits of an id."""
    return str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else value.hex
