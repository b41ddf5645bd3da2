"""Counts that cost the same however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from reference_tokens.models import ReferenceTokenQuerySet

COUNT_LIMIT = 10_000


class CappedCount(NamedTuple):
    """How many there are, counted to 10,000 at most."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        return number_format(self.number, force_grouping=True) + ("+" if self.is_capped else "")


def capped_count(rows: QuerySet[Any]) -> CappedCount:
    """How many rows there are, one more than 10,000 not being looked for."""
    count = rows.order_by()[: COUNT_LIMIT + 1].count()
    return CappedCount(min(count, COUNT_LIMIT), count > COUNT_LIMIT)


def count_label(tokens: ReferenceTokenQuerySet) -> str:
    """How many tokens there are, as a list says it."""
    count = capped_count(tokens)
    # A number that goes on counts as many.
    number = count.number + count.is_capped
    return ngettext("%(count)s token", "%(count)s tokens", number) % {"count": count}
