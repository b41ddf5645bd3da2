"""Letting tokens end sooner than they were issued for (POL-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from accounts.audit.record import Actor, Target, record_event

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet


def shorten_tokens(
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    application_id: uuid.UUID,
    expires_at: datetime,
    now: datetime,
) -> int:
    """Let those of an application's tokens that live longer, or for ever, end at this instant; returns how many.

    A token that ends sooner, or has ended, stays as it is: none ever lives longer for it. One audit entry holds the
    count, how long they would have lived at most, and the instant.
    """
    with transaction.atomic():
        longer = tokens.not_ended(now).filter(Q(expires_at=None) | Q(expires_at__gt=expires_at))
        # Locked in one order, so that two sweeps over the same tokens wait for each other instead of deadlocking.
        before = list(longer.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("expires_at"))
        if not before:
            return 0
        count = longer.update(expires_at=expires_at)
        known = [instant for (instant,) in before if instant]
        details = {
            "count": count,
            "before": {
                "without_expiry": len(before) - len(known),
                "latest": max(known).isoformat() if known else None,
            },
            "after": expires_at.isoformat(),
        }
        record_event(actor, "token:shorten_many", Target("application", str(application_id)), now=now, details=details)
    return count
