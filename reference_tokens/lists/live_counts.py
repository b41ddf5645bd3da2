"""How many tokens that have not ended the rows of another list have: at the same cost however many these are.

A token ends by itself when its time comes, so that no stored number stays true: tokens are counted where they are
shown, to 1,000 for an application and to 100 for a user.
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

    from reference_tokens.models import ReferenceTokenQuerySet

MOST_OF_AN_APPLICATION = 1_000
# Which of a person's tokens have ended is read from the tokens themselves.
MOST_OF_A_USER = 100


class NumberFound(Subquery):
    """The number of rows of a set that refers to the query around it, counted to one more than a limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], limit: int) -> None:
        super().__init__(rows.order_by().values("pk")[: limit + 1])


def live_tokens_of_applications(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens of each of these applications, in one query."""
    number = number_of_application(ReferenceToken.objects.all(), now, MOST_OF_AN_APPLICATION)
    found = TrustedApplication.objects.filter(pk__in=ids).annotate(number=number).values_list("pk", "number")
    return {pk: capped(number, MOST_OF_AN_APPLICATION) for pk, number in found}


def live_tokens_of_users(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens that act as each of these users, in two queries.

    They are PATs, or SATs of a System User's applications.
    """
    pats = NumberFound(ReferenceToken.objects.not_ended(now).filter(holder=OuterRef("pk")), MOST_OF_A_USER)
    numbers = Counter(dict(User.objects.filter(pk__in=ids).annotate(number=pats).values_list("pk", "number")))
    # Said by the holder, whom no SAT has, since an index is of these.
    sats = number_of_application(ReferenceToken.objects.filter(holder=None), now, MOST_OF_A_USER)
    using = TrustedApplication.objects.filter(system_user__in=ids)
    for pk, number in using.annotate(number=sats).values_list("system_user", "number"):
        numbers[pk] += number
    return {pk: capped(numbers[pk], MOST_OF_A_USER) for pk in ids}


def number_of_application(tokens: ReferenceTokenQuerySet, now: datetime, limit: int) -> Combinable:
    """How many of the tokens of the application around it live."""
    never, later = live_parts(tokens.filter(application=OuterRef("pk")), now)
    return NumberFound(never, limit) + NumberFound(later, limit)


def live_parts(tokens: ReferenceTokenQuerySet, now: datetime) -> tuple[ReferenceTokenQuerySet, ReferenceTokenQuerySet]:
    """Those of the tokens that never expire, and those that do so later: each is one piece of an index by expiry."""
    unrevoked = tokens.filter(revoked_at=None)
    return unrevoked.filter(expires_at=None), unrevoked.filter(expires_at__gt=now)
