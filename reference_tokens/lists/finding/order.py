"""In which orders tokens are listed, and pages of a list that cost the same at any depth.

A position in a list is what a token holds in the columns that the list is ordered by, not a number of rows to skip. An
order is made of runs, so that an index serves each: in a run no column is empty, and all go one way.
"""

from __future__ import annotations

import uuid
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db.models import DateTimeField, F, Func, Q, TextField, UUIDField, Value
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.lookups import GreaterThan, LessThan

from reference_tokens.lists.rows import with_row
from reference_tokens.models import ReferenceToken, TokenUse
from reference_tokens.models.among import ReadFirst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_tokens.models import ReferenceTokenQuerySet

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISSUED, EXPIRY, USED, UNUSED, ENDED = "issued", "expiry", "used", "unused", "ended"


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens in the order of some instants, then of their ids. Runs of one rank are merged, others follow each other.

    `condition` is what its tokens have in common; the first instant may lie from `bounds` on and up to `ends`. What
    stands behind a position lies within the bounds by itself, and what stands before it within the ends; said again,
    they would lead the database to begin there.
    """

    rank: int
    instants: tuple[str, ...]
    is_descending: bool
    condition: Q = field(default_factory=Q)
    bounds: Q = field(default_factory=Q)
    ends: Q = field(default_factory=Q)
    # What all of its tokens have in common: which column is set, or is not.
    fact: tuple[str, bool] | None = None
    id: str = "id"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make a position in the run."""
        return (*self.instants, self.id)

    def whole(self, tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
        """Those of the tokens that are of the run."""
        return with_application_of_use(tokens.filter(self.condition, self.bounds, self.ends))

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
        limits = self.bounds if is_backwards else self.ends
        return with_application_of_use(tokens.filter(self.condition, limits, is_beyond))

    def limited(self, limits: Mapping[str, datetime]) -> Run:
        """The run up to the limit of its first instant, where there is one."""
        latest = limits.get(self.instants[0])
        if latest is None:
            return self
        up_to = Q(**{f"{self.instants[0]}__lte": latest})
        return replace(self, bounds=self.bounds & up_to) if self.is_descending else replace(self, ends=up_to)

    def ordered(self, tokens: ReferenceTokenQuerySet, *, is_backwards: bool = False) -> ReferenceTokenQuerySet:
        """The tokens in the order of the run, or from its end."""
        sign = "-" if self.is_descending != is_backwards else ""
        return tokens.order_by(*(f"{sign}{column}" for column in self.columns))

    def position_of(self, token: ReferenceToken) -> ListPosition:
        """Where a token of the run stands."""
        *instants, _id = (attrgetter(column.replace("__", ".")) for column in self.columns)
        return ListPosition(self.rank, (*(instant(token) for instant in instants), token.pk))


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


class Portion(NamedTuple):
    """How many tokens are wanted, and what reads with each what is shown of it."""

    size: int
    read: Callable[[ReferenceTokenQuerySet], ReferenceTokenQuerySet]


# A token with its own position.
Placed = tuple[ListPosition, ReferenceToken]


class TokenPage(NamedTuple):
    """The tokens of a page, and the places before and behind it where there are more."""

    tokens: list[ReferenceToken]
    before: ListPosition | None
    after: ListPosition | None


def runs(order: str, now: datetime) -> list[Run]:
    """The runs of an order; all but `ended` are orders of tokens that have not ended."""
    unused = Q(first_used_at=None)
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
            run_of_used(0, is_descending=True),
            Run(1, ("issued_at",), is_descending=True, condition=unused, fact=("first_used_at", False)),
        ],
        UNUSED: [
            Run(0, ("issued_at",), is_descending=False, condition=unused, fact=("first_used_at", False)),
            run_of_used(1, is_descending=False),
        ],
        ENDED: runs_of_ended(now),
    }[order]


def run_of_used(rank: int, *, is_descending: bool) -> Run:
    """Tokens by their last use, of which another table has the index."""
    listed = Q(use__is_revoked=False, use__last_used_at__isnull=False)
    order, fact = ("use__last_used_at",), ("first_used_at", True)
    return Run(rank, order, is_descending=is_descending, id="use__token", condition=listed, fact=fact)


def with_application_of_use(tokens: ReferenceTokenQuerySet) -> ReferenceTokenQuerySet:
    """The same tokens, joined with their uses: what is said of their application is said of that of the use.

    It is the same one, and the index of uses begins with it. Said of both, PostgreSQL takes it for two facts, and the
    tokens for so few that it would sort them all.
    """
    found = tokens.all()
    joins, conditions = found.query.alias_map, cast("list[Any]", found.query.where.children)
    use = next((alias for alias, join in joins.items() if join.table_name == TokenUse._meta.db_table), None)
    of_token, of_use = (model._meta.get_field("application") for model in (ReferenceToken, TokenUse))
    for place, condition in enumerate(conditions):
        if use and isinstance(condition, (RelatedExact, RelatedIn)) and condition.lhs.target == of_token:
            conditions[place] = copy(condition)
            conditions[place].lhs = of_use.get_col(use, of_use)
    return found


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


def runs_with(
    order: str, facts: Mapping[str, bool], now: datetime, limits: Mapping[str, datetime] | None = None
) -> list[Run]:
    """The runs of an order that can hold tokens of which these facts are known: which columns are set, or are not.

    `limits`: the latest instant that a column holds in these tokens.
    """
    can_be = (run for run in runs(order, now) if run.fact is None or facts.get(*run.fact) == run.fact[1])
    return [run.limited(limits or {}) for run in can_be]


def token_page(tokens: ReferenceTokenQuerySet, order: list[Run], *, after: str = "", before: str = "") -> TokenPage:
    """The page behind or before a position; the first one where there is no such position or nothing there."""
    position = ListPosition.read(after or before)
    is_backwards = bool(before and not after and position)
    wanted = Portion(PAGE_SIZE + 1, with_row)
    found = next_tokens(tokens, order, position, wanted, is_backwards=is_backwards)
    if not found and position:
        position, is_backwards = None, False
        found = next_tokens(tokens, order, None, wanted)
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
    tokens: ReferenceTokenQuerySet,
    order: list[Run],
    position: ListPosition | None,
    wanted: Portion,
    *,
    is_backwards: bool = False,
) -> list[Placed]:
    """The next tokens from a position on, as many as are wanted where there are, each with its own position."""
    found: list[Placed] = []
    ordered = order[::-1] if is_backwards else order
    for _rank, group in groupby(ordered, lambda run: run.rank):
        merged = list(group)
        left = wanted._replace(size=wanted.size - len(found))
        if not left.size:
            break
        together = [
            row for run in merged for row in next_tokens_of_run(tokens, run, position, left, is_backwards=is_backwards)
        ]
        if len(merged) > 1:
            together.sort(key=lambda row: row[0].values, reverse=merged[0].is_descending != is_backwards)
        found += together[: left.size]
    return found


def next_tokens_of_run(
    tokens: ReferenceTokenQuerySet, run: Run, position: ListPosition | None, wanted: Portion, *, is_backwards: bool
) -> list[Placed]:
    """The next tokens of one run."""
    found = run.beyond(tokens, position, is_backwards=is_backwards)
    if found is None:
        return []
    # The page first, then its rows: SQLite would sort the rows of all tokens that are found, or walk the order again.
    page = run.ordered(found, is_backwards=is_backwards).values("pk")[: wanted.size]
    rows = wanted.read(ReferenceToken.objects.filter(ReadFirst(F("pk"), page.query))).order_by()
    placed = [(run.position_of(token), token) for token in rows]
    return sorted(placed, key=lambda row: row[0].values, reverse=run.is_descending != is_backwards)


def position_value(value: Any) -> Value:
    """A value of a position as SQL compares it."""
    return Value(value, output_field=DateTimeField() if isinstance(value, datetime) else UUIDField())


def position_part(value: Any) -> str:
    """A value of a position as an address holds it: microseconds, or the digits of an id."""
    return str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else value.hex
