"""Suspending tokens, one or many: a revocation that can be taken back (TOK-9)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit import Actor, Target, record_event
from accounts.reasons import Reason
from reference_tokens.models import ReferenceToken
from reference_tokens.notices import note_suspension
from reference_tokens.revocation import reason_to_keep
from reference_tokens.token_set import lock, lock_actor, require_as_shown

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet


def suspend_token(*, actor: Actor, token_id: uuid.UUID, now: datetime, reason: str | Reason = "") -> bool:
    """Suspend one token; returns whether it was this call that did it.

    A token that is suspended already, revoked or expired stays as it is and nothing is recorded. When this returns,
    no validation that starts afterwards finds the token good, in any process.
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        tokens = ReferenceToken.objects.not_ended(now).filter(pk=token_id, suspended_at=None)
        if not tokens.update(**columns(now, actor.user, actor.source, kept)):
            return False
        note_suspension(ReferenceToken.objects.filter(pk=token_id), cause=token_id, actor=actor, now=now)
        record_event(actor, "token:suspend", Target("token", str(token_id)), now=now, details=kept.details())
    return True


def suspend_tokens(  # noqa: PLR0913 - as `revoke_tokens`
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    chosen_by: dict[str, Any],
    now: datetime,
    reason: str | Reason = "",
    shown: str | None = None,
) -> int:
    """Suspend a set of tokens, all or none, as `revoke_tokens` revokes them; returns how many this call suspended."""
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        free = tokens.not_ended(now).filter(suspended_at=None)
        if not lock(free):
            return 0
        suspension_id = uuid.uuid4()
        count = free.update(suspension_id=suspension_id, **columns(now, actor.user, actor.source, kept))
        suspended = ReferenceToken.objects.filter(suspension_id=suspension_id)
        require_as_shown(suspended, shown)
        note_suspension(suspended, cause=suspension_id, actor=actor, now=now)
        details = {"chosen_by": chosen_by, "count": count} | kept.details()
        record_event(actor, "token:suspend_many", Target("suspension", str(suspension_id)), now=now, details=details)
    return count


def resume_token(*, actor: Actor, token_id: uuid.UUID, now: datetime) -> bool:
    """Let a suspended token be good again; returns whether it was this call that did it.

    A token that is not suspended, or has ended meanwhile, stays as it is and nothing is recorded.
    """
    with transaction.atomic():
        tokens = ReferenceToken.objects.not_ended(now).filter(pk=token_id).exclude(suspended_at=None)
        if not tokens.update(resumed_at=now, **columns(None, None, "", Reason())):
            return False
        record_event(actor, "token:resume", Target("token", str(token_id)), now=now, details={})
    return True


def columns(at: datetime | None, by: User | None, source: str, reason: Reason) -> dict[str, object]:
    """What is stored of a suspension; nothing of one that was taken back."""
    return {
        "suspended_at": at,
        "suspended_by": by,
        "suspension_source": source,
        "suspension_reason": reason.text,
        "suspension_code": reason.code,
    }
