"""How many tokens there are of each kind that `/metrics` tells: counted every five minutes, by one process of all.

A million tokens take seconds to count, and a scrape must not: it reads what stands here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

from reference_tokens.models import ReferenceToken, TokenNumber
from reference_tokens.models.live_numbers import live_parts
from reference_tokens.models.outside_policy import outside

if TYPE_CHECKING:
    from collections.abc import Callable

EXPIRING_DAYS = (7, 30)


class Number(StrEnum):
    """What is counted."""

    LIVE = "live"
    SUSPENDED = "suspended"
    EXPIRING = "expiring"
    EXPOSED = "exposed"
    OUTSIDE_POLICY = "outside_policy"


def keep_token_numbers(now: datetime) -> None:
    """Count, and store each number at once: one that takes long holds up no other."""
    counts: dict[str, Callable[[], int]] = {
        Number.LIVE: lambda: not_ended(now) - suspended(now),
        Number.SUSPENDED: lambda: suspended(now),
        **{f"{Number.EXPIRING}_{days}": expiring_within(days, now) for days in EXPIRING_DAYS},
        Number.EXPOSED: ReferenceToken.objects.filter(exposed_at__isnull=False).count,
        Number.OUTSIDE_POLICY: lambda: outside_policy(now),
    }
    for name, count in counts.items():
        stored = {"number": count(), "counted_at": timezone.now()}
        TokenNumber.objects.update_or_create(name=name, defaults=stored)


def not_ended(now: datetime) -> int:
    """How many are neither revoked nor expired."""
    return sum(part.count() for part in live_parts(ReferenceToken.objects.all(), now))


def suspended(now: datetime) -> int:
    """How many of them are suspended."""
    return ReferenceToken.objects.in_state(ReferenceToken.State.SUSPENDED, now).count()


def expiring_within(days: int, now: datetime) -> Callable[[], int]:
    """What counts those of them that expire within so many days."""
    unrevoked = ReferenceToken.objects.filter(revoked_at=None)
    return unrevoked.filter(expires_at__gt=now, expires_at__lte=now + timedelta(days=days)).count


def outside_policy(now: datetime) -> int:
    """How many of them could not be issued today; each reason is found by its own index."""
    found = [ReferenceToken.objects.not_ended(now).filter(reason).order_by().values("pk") for reason in outside(now)]
    return found[0].union(*found[1:]).count() if found else 0
