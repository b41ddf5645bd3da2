"""How many tokens that have not ended the rows of another list have: at the same cost however many these are.

A token ends by itself when its time comes, so that no stored number stays true: tokens are counted where they are
shown, to 1,000 for an application and to 100 for a user.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import OuterRef

from accounts.models import User
from reference_tokens.lists.capped_count import CappedCount, capped
from reference_tokens.models import ReferenceToken
from reference_tokens.models.live_numbers import NumberFound, live_number
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

MOST_OF_AN_APPLICATION = 1_000
# Which of a person's tokens have ended is read from the tokens themselves.
MOST_OF_A_USER = 100


def live_tokens_of_applications(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens of each of these applications, in one query."""
    numbers = live_numbers_of_applications(ids, now, MOST_OF_AN_APPLICATION)
    return {pk: capped(numbers[pk], MOST_OF_AN_APPLICATION) for pk in ids}


def live_tokens_of_users(ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CappedCount]:
    """The number of live tokens that act as each of these users, in two queries."""
    numbers = live_numbers_of_users(ids, now, MOST_OF_A_USER)
    return {pk: capped(numbers[pk], MOST_OF_A_USER) for pk in ids}


def live_numbers_of_applications(
    ids: Collection[uuid.UUID], now: datetime, limit: int | None = None
) -> Counter[uuid.UUID]:
    """As `live_tokens_of_applications`; without a limit all are counted."""
    number = live_number(ReferenceToken.objects.all(), now, limit)
    found = TrustedApplication.objects.filter(pk__in=ids).annotate(number=number)
    return Counter(dict(found.values_list("pk", "number")))


def live_numbers_of_users(ids: Collection[uuid.UUID], now: datetime, limit: int | None = None) -> Counter[uuid.UUID]:
    """As `live_tokens_of_users`; without a limit all are counted. PATs, or SATs of a System User's applications."""
    pats = NumberFound(ReferenceToken.objects.not_ended(now).filter(holder=OuterRef("pk")), limit)
    numbers = Counter(dict(User.objects.filter(pk__in=ids).annotate(number=pats).values_list("pk", "number")))
    sats = live_number(ReferenceToken.objects.filter(holder=None), now, limit)
    using = TrustedApplication.objects.filter(system_user__in=ids)
    for pk, number in using.annotate(number=sats).values_list("system_user", "number"):
        numbers[pk] += number
    return numbers
