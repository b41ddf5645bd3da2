"""How many tokens a list has, and the shorter of two ways to its pages.

An order's index leads to a page at once where many of the tokens that it passes are shown. Where few are, it would pass
all others: then those few are found first, by an index of what narrows the list, and sorted. Which way is shorter, the
count tells that the page shows anyway; a database's own guess can be wrong by far.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db.models import F

from accounts.database.replica import connection_for_reading
from reference_tokens.lists.capped_count import MANY, CappedCount, Ids, capped, counts_of_sets, ids_of
from reference_tokens.lists.finding.order import TokenPage, token_page
from reference_tokens.lists.finding.states import tokens_in_state
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.lists.in_time import count_in_time, in_time
from reference_tokens.models import ReferenceToken
from reference_tokens.models.among import AmongIds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.lists.finding.order import Run
    from reference_tokens.models import ReferenceTokenQuerySet

Read = TypeVar("Read")

# So many are found and sorted about as fast as an order's index passes a million of which so many are shown.
FEW = 1_000
# Where those that are shown lie at the far end of the index, as tokens issued long ago do: so long it is walked, and so
# many are found and sorted instead.
WALK_SECONDS = 0.25
MOST_SORTED = 20_000


class Shortlist(NamedTuple):
    """The tokens of a list in the shape that leads to a page soonest, and how many they are."""

    tokens: ReferenceTokenQuerySet
    number: CappedCount
    # Where the index of an order is to be walked: sets that hold all of them, each found by another index.
    found: tuple[ReferenceTokenQuerySet, ...] = ()

    def page(self, order: list[Run], *, after: str, before: str) -> TokenPage:
        """A page of the list."""
        return self.read(partial(token_page, order=order, after=after, before=before))

    def read(self, read: Callable[[ReferenceTokenQuerySet], Read]) -> Read:
        """What is read of the list, in the way that is shorter."""
        if not self.found:
            return read(self.tokens)
        found = in_time(WALK_SECONDS, lambda: read(self.tokens))
        return read(self.sorted_tokens()) if found is None else found

    def sorted_tokens(self) -> ReferenceTokenQuerySet:
        """The tokens as they are found; in the same shape as before where they are too many."""
        ids = ids_in(self.found, MOST_SORTED)
        return self.tokens if len(ids) > MOST_SORTED else ReferenceToken.objects.filter(AmongIds(F("pk"), ids))


def shortlist(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime, *, is_of_one_owner: bool
) -> Shortlist:
    """Those of the tokens that the filters leave; of one owner or not, an index leads to those of the owner."""
    if not (filters.is_filtered or is_of_one_owner):
        return whole_tab(tokens, filters, now)
    ways = ways_to(tokens, filters, now, is_of_one_owner=is_of_one_owner)
    ids = count_in_time(lambda: ids_in(ways.found, FEW))
    if ids is None:
        return Shortlist(ways.walked, MANY)
    number = capped(len(ids), FEW)
    if number.is_capped:
        return Shortlist(ways.walked, number, tuple(ways.found))
    return Shortlist(tokens.filter(AmongIds(F("pk"), ids)) if ids else tokens.none(), number)


def whole_tab(tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime) -> Shortlist:
    """All tokens that live, or all that have ended: what each run says is all that is asked of them, by an index."""
    return Shortlist(tokens_in_state(tokens, filters.state, now), number_in_tab(tokens, filters, now))


def number_in_tab(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime, most: int | None = None
) -> CappedCount:
    """How many tokens live, or how many have ended; counted to 10,000 where no limit is given."""
    candidates = tokens if filters.is_ended else tokens.filter(revoked_at=None)
    runs = filters.runs(now, filters.order_of_count)
    numbers = count_in_time(lambda: counts_of_sets(*(run.whole(candidates) for run in runs), limit=most))
    return MANY if numbers is None else capped(sum(numbers), most)


def number_of(
    tokens: ReferenceTokenQuerySet,
    filters: TokenFilters,
    now: datetime,
    most: int,
    *,
    is_of_one_owner: bool = False,
) -> CappedCount:
    """How many tokens the list of these filters has, counted to so many: without a page of it."""
    if not (filters.is_filtered or is_of_one_owner):
        return number_in_tab(tokens, filters, now, most)
    found = some_of(ways_to(tokens, filters, now, is_of_one_owner=is_of_one_owner).found, most)

    def count() -> int:
        with connection_for_reading().cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({found.sql}) AS counted", found.parameters)  # noqa: S608 - Django's own
            number: int = cursor.fetchone()[0]
        return number

    number = count_in_time(count)
    return MANY if number is None else capped(number, most)


def ids_in(sets: Iterable[ReferenceTokenQuerySet], most: int) -> list[Any]:
    """The ids of the tokens of all sets, one more than so many not being looked for."""
    some = some_of(sets, most)
    with connection_for_reading().cursor() as cursor:
        cursor.execute(some.sql, some.parameters)
        return [pk for (pk,) in cursor.fetchall()]


def some_of(sets: Iterable[ReferenceTokenQuerySet], most: int) -> Ids:
    """The ids of the tokens of all sets, one more than so many not being looked for."""
    some = [ids_of(tokens, most) for tokens in sets]
    return Ids(together([ids.sql for ids in some], most), tuple(value for ids in some for value in ids.parameters))


def together(sets: list[str], most: int) -> str:
    """SQL of the ids of all sets, of which none is read where those before it have more than so many together."""
    if len(sets) == 1:
        return sets[0]
    if connection_for_reading().vendor == "sqlite":
        # It reads no further than the limit; but it writes out a named query wherever the name stands: 2 x 2 x 2 times.
        rows = " UNION ALL ".join(f"SELECT * FROM ({ids})" for ids in sets)  # noqa: S608 - Django's own
        return f"SELECT DISTINCT * FROM ({rows}) LIMIT {most + 1}"  # noqa: S608 - as above
    first, *others = sets
    found = [f"found_0 AS ({first})"]
    for number, ids in enumerate(others):
        # Asked where a limit stands, for there each database asks before it reads.
        limit = f"CASE WHEN (SELECT COUNT(*) FROM found_{number}) > {most} THEN 0 ELSE {most + 1} END"  # noqa: S608 - numbers
        more = f"SELECT * FROM (SELECT * FROM ({ids}) AS part LIMIT {limit}) AS more"  # noqa: S608 - Django's own
        found.append(f"found_{number + 1} AS (SELECT * FROM found_{number} UNION {more})")  # noqa: S608 - as above
    return f"WITH {', '.join(found)} SELECT * FROM found_{len(others)} LIMIT {most + 1}"  # noqa: S608 - as above
