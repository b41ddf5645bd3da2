"""How many tokens that have not ended the rows of another list have: at the same cost however many these are.

A token ends by itself when its time comes, so that no stored number stays true: tokens are counted where they are
shown, to 1,000 a row.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db.models import IntegerField, OuterRef, Subquery

from accounts.models import User
from reference_tokens.lists.capped_count import CappedCount, capped
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

MOST_OF_A_ROW = 1_000


class NumberFound(Subquery):
    """The number of rows of a set that refers to the query around it, counted to one more than 1,000."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("pk")[: MOST_OF_A_ROW + 1])


def live_tokens_of_applications(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens of each of these applications, in one query."""
    found = TrustedApplication.objects.filter(pk__in=ids).annotate(number=number_of_application(now))
    return {pk: capped(number, MOST_OF_A_ROW) for pk, number in found.values_list("pk", "number")}


def live_tokens_of_users(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens that act as each of these users, in two queries.

    They are PATs, or SATs of a System User's applications.
    """
    pats = NumberFound(ReferenceToken.objects.not_ended(now).filter(holder=OuterRef("pk")))
    numbers = Counter(dict(User.objects.filter(pk__in=ids).annotate(number=pats).values_list("pk", "number")))
    using = TrustedApplication.objects.filter(system_user__in=ids)
    of_application = number_of_application(now, kind=ReferenceToken.Kind.SAT)
    for pk, number in using.annotate(number=of_application).values_list("system_user", "number"):
        numbers[pk] += number
    return {pk: capped(numbers[pk], MOST_OF_A_ROW) for pk in ids}


def number_of_application(now: datetime, **narrowed: str) -> Combinable:
    """How many live tokens the application around it has: asked for in two, each one piece of the index by expiry."""
    unrevoked = ReferenceToken.objects.filter(application=OuterRef("pk"), revoked_at=None, **narrowed)
    return NumberFound(unrevoked.filter(expires_at=None)) + NumberFound(unrevoked.filter(expires_at__gt=now))
