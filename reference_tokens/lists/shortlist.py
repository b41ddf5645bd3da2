"""How many tokens a list has, and the shorter of two ways to its pages.

An order's index leads to a page at once where many of the tokens that it passes are shown. Where few are, it would pass
all others: then those few are found first, by an index of what narrows the list, and sorted. Which way is shorter, the
count tells that the page shows anyway; a database's own guess can be wrong by far.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.db.models.expressions import RawSQL

from reference_tokens.lists import capped_count
from reference_tokens.lists.capped_count import MANY, CappedCount, capped, counts, ids_of, together
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
    numbers = count_in_time(lambda: counts(*found))
    if numbers is None:
        return Shortlist(walked, MANY)
    if not (number := sum(numbers)):
        return Shortlist(tokens.none(), capped(0))
    is_narrow = filters.is_filtered or is_of_one_owner
    if is_narrow and number <= min(FEW, capped_count.COUNT_LIMIT):
        few = (Q(pk__in=RawSQL(*together(sets))) for sets in found if sets)  # noqa: S611 - with placeholders
        walked = tokens.filter(reduce(or_, few))
    return Shortlist(walked, capped(number))
