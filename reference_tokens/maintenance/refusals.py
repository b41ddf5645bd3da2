"""Of each token the last 50 refusals are kept, and of each Resource Server the last 50 of no token (TOK-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Min, Window
from django.db.models.functions import RowNumber

from reference_tokens.models import RefusalCount
from reference_tokens.models.refusals import REFUSALS_KEPT, REFUSALS_OF_ONE

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

ROWS_AT_ONCE = 500
# A batch is written some seconds after its minute, and one that could not be written later.
MARGIN = timedelta(hours=1)


def keep_last_refusals(since: datetime | None, now: datetime) -> int:
    """Delete what is not among the last 50; returns how many rows.

    Only what was refused since the housekeeping before (None: ever) may have too many. It is read, and deleted, in
    portions of few rows.
    """
    count = 0
    recent = RefusalCount.objects.filter(minute__gte=since - MARGIN if since else now - REFUSALS_KEPT)
    seen = (recent.aggregate(first=Min("pk"))["first"] or 0) - 1
    while portion := list(refusals_after(seen)):
        token_ids = {token_id for _pk, token_id, _server_id in portion if token_id}
        server_ids = {server_id for _pk, token_id, server_id in portion if token_id is None}
        count += delete_all_but_last(RefusalCount.objects.filter(token__in=token_ids), "token")
        count += delete_all_but_last(RefusalCount.objects.filter(token=None, server__in=server_ids), "server")
        seen, *_ids = portion[-1]
    return count


def refusals_after(pk: int) -> QuerySet[RefusalCount, tuple[int, UUID | None, int | None]]:
    """The rows that were made next."""
    rows = RefusalCount.objects.filter(pk__gt=pk).order_by("pk")
    return rows.values_list("pk", "token_id", "server_id")[:ROWS_AT_ONCE]


def delete_all_but_last(rows: QuerySet[RefusalCount], of: str) -> int:
    """Delete what is not among the last 50 of each; returns how many rows."""
    counts = rows.order_by().values_list(of).annotate(number=Count("pk"))
    crowded = [pk for pk, _number in counts.filter(number__gt=REFUSALS_OF_ONE)]
    count = 0
    while ids := too_old(rows.filter(**{f"{of}__in": crowded}), of):
        count += RefusalCount.objects.filter(pk__in=ids).delete()[0]
    return count


def too_old(rows: QuerySet[RefusalCount], of: str) -> list[int]:
    """Some of the rows that are not among the last 50 of each."""
    place = Window(RowNumber(), partition_by=F(of), order_by=[F("minute").desc(), F("pk").desc()])
    old = rows.annotate(place=place).filter(place__gt=REFUSALS_OF_ONE)
    return list(old.values_list("pk", flat=True)[:ROWS_AT_ONCE])
