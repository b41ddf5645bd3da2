"""How many tokens a list has, and the shorter of two ways to its pages.

An order's index leads to a page at once where many of the tokens that it passes are shown. Where few are, it would pass
all others: then those few are found first, by an index of what narrows the list, and sorted. Which way is shorter, the
count tells that the page shows anyway; a database's own guess can be wrong by far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from reference_tokens.lists import capped_count
from reference_tokens.lists.capped_count import MANY, CappedCount, Ids, capped, counts, ids_of, together
from reference_tokens.lists.filters import filtered_tokens, ways_to
from reference_tokens.lists.in_time import count_in_time
from reference_tokens.lists.order import runs_with

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lists.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet

# So many are found and sorted about as fast as an order's index passes a million of which so many are shown.
FEW = 3_000


class Shortlist(NamedTuple):
    """The tokens of a list in the shape that leads to a page soonest, and how many they are."""

    tokens: ReferenceTokenQuerySet
    number: CappedCount


def shortlist(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime, *, is_of_one_owner: bool
) -> Shortlist:
    """Those of the tokens that the filters leave; of one owner or not, an index leads to those of the owner."""
    if filters.is_narrowed or is_of_one_owner:
        ways = ways_to(tokens, filters, now, is_of_one_owner=is_of_one_owner)
        walked, found = ways.walked, [ids_of(*ways.found)]
    else:
        walked = filtered_tokens(tokens, filters, now)
        runs = runs_with(filters.order_of_count, filters.facts, now)
        found = [ids_of(run.ordered(run.whole(walked))) for run in runs]
    is_narrow = filters.is_filtered or is_of_one_owner
    counted = count_in_time(lambda: few_or_number(found, is_narrow=is_narrow))
    if counted is None:
        return Shortlist(walked, MANY)
    # Told one by one, for PostgreSQL would take a query within for many, and walk the order's index.
    few = walked if counted.few is None else tokens.filter(pk__in=counted.few)
    return Shortlist(few, counted.number)


class Counted(NamedTuple):
    """How many tokens a list has, and which, where they are few."""

    number: CappedCount
    few: list[Any] | None = None


def few_or_number(found: list[list[Ids]], *, is_narrow: bool) -> Counted:
    """The tokens of a narrow list where they are few, else how many they are."""
    if is_narrow:
        ids = few_of([one for sets in found for one in sets])
        if len(ids) <= min(FEW, capped_count.COUNT_LIMIT):
            return Counted(capped(len(ids)), ids)
    return Counted(capped(sum(counts(*found))))


def few_of(sets: list[Ids]) -> list[Any]:
    """The ids, one more than a few not being looked for."""
    if not sets:
        return []
    # Each set is read to so many: a database reads all that it unites before it gives the first.
    some = [Ids(f"SELECT * FROM ({ids.sql}) AS whole LIMIT {FEW + 1}", ids.parameters) for ids in sets]  # noqa: S608 - Django's own
    ids = together(some)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({ids.sql}) AS few LIMIT {FEW + 1}", ids.parameters)  # noqa: S608 - Django's own
        return [pk for (pk,) in cursor.fetchall()]
