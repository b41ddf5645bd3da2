"""Letting tokens end sooner than they were issued for (POL-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Max, Q

from accounts.audit.record import Actor, Target, record_event
from accounts.database.page_cache import large_page_cache
from reference_tokens.lifecycle.selection import lock_tokens

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
    with large_page_cache(), transaction.atomic():
        longer = tokens.not_ended(now).filter(Q(expires_at=None) | Q(expires_at__gt=expires_at))
        if not lock_tokens(longer):
            return 0
        before = longer.aggregate(known=Count("expires_at"), latest=Max("expires_at"))
        count = longer.update(expires_at=expires_at)
        details = {
            "count": count,
            "before": {
                "without_expiry": count - before["known"],
                "latest": before["latest"].isoformat() if before["latest"] else None,
            },
            "after": expires_at.isoformat(),
        }
        record_event(actor, "token:shorten_many", Target("application", str(application_id)), now=now, details=details)
    return count
