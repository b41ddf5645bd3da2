"""Letting tokens end sooner than they were issued for (POL-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, F, Max, Q, Value
from django.db.models.functions import Greatest

from accounts.audit.record import Actor, Target, record_event
from accounts.database.page_cache import large_page_cache
from reference_tokens.fence.noting import note_ends
from reference_tokens.fence.place import has_fence
from reference_tokens.lifecycle.selection import change_as_shown, lock_tokens

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

SECOND = timedelta(seconds=1)


def living_beyond(tokens: ReferenceTokenQuerySet, expires_at: datetime, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that live longer than until this instant, or for ever."""
    return tokens.not_ended(now).filter(Q(expires_at=None) | Q(expires_at__gt=expires_at))


def shorten_tokens(  # noqa: PLR0913 - who, which, until when, and what was agreed to
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    target: Target,
    expires_at: datetime,
    now: datetime,
    chosen_by: dict[str, Any] | None = None,
    shown: str | None = None,
) -> int:
    """Let those of the tokens that live longer, or for ever, end at this instant; returns how many.

    A token that ends sooner, or has ended, stays as it is: none ever lives longer for it. One audit entry about the
    `target` holds what the tokens were `chosen_by`, the count, how long they would have lived at most, and the instant.
    Raises `SetChanged` where those that live longer are not the ones that were `shown` (a fingerprint).
    """
    with large_page_cache(), transaction.atomic():
        longer = living_beyond(tokens, expires_at, now)
        if not lock_tokens(longer):
            return 0
        before = longer.aggregate(known=Count("expires_at"), latest=Max("expires_at"), issued=Max("issued_at"))
        fenced = list(longer.order_by().values_list("pk", flat=True)) if has_fence() else []
        # By a clock that was put back since, that may be before their issue, which no expiry is.
        after = expires_at if before["issued"] < expires_at else Greatest(Value(expires_at), F("issued_at") + SECOND)
        count = change_as_shown(longer, shown, expires_at=after)
        details = {
            "count": count,
            "before": {
                "without_expiry": count - before["known"],
                "latest": before["latest"].isoformat() if before["latest"] else None,
            },
            "after": expires_at.isoformat(),
        }
        chosen = {"chosen_by": chosen_by} if chosen_by else {}
        event = record_event(actor, "token:shorten_many", target, now=now, details=chosen | details)
        note_ends(fenced, end=expires_at, event=event)
    return count
