"""Counts of answers on days that are long over become one of each Resource Server and outcome: no total ever falls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.database.locks import let_others_write
from reference_tokens.models import AnswerCount
from reference_tokens.usage.statements import add_to_counts

if TYPE_CHECKING:
    from datetime import date

ROWS_AT_ONCE = 1000


def fold_old_answers(oldest: date) -> int:
    """Add the counts of the days before this one to those of `AnswerCount.EARLIER`; returns of how many rows."""
    count = 0
    while folded := fold_some(oldest):
        count += folded
        let_others_write()
    return count


@transaction.atomic
def fold_some(oldest: date) -> int:
    """The same, of the oldest: what is added is gone at the same moment."""
    old = AnswerCount.objects.filter(day__gt=AnswerCount.EARLIER, day__lt=oldest).order_by("day", "pk")
    rows = list(old.select_for_update().values_list("pk", "client_id", "outcome", "count")[:ROWS_AT_ONCE])
    totals: Counter[tuple[str, str]] = Counter()
    for _pk, client_id, outcome, count in rows:
        totals[client_id, outcome] += count
    earlier = [(AnswerCount.EARLIER, *key, total) for key, total in sorted(totals.items()) if total]
    add_to_counts(AnswerCount, ("day", "client_id", "outcome"), ("count",), earlier)
    AnswerCount.objects.filter(pk__in=[pk for pk, *_counted in rows]).delete()
    return len(rows)
