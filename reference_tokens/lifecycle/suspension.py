"""Suspending tokens, one or many: a revocation that can be taken back (TOK-9)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.withdrawal import (
    Withdrawal,
    withdraw_token,
    withdraw_tokens,
    withdraw_with_old_values,
)
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.noting import note_suspension

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from accounts.models import User


def suspension_columns(actor: Actor, now: datetime, reason: Reason) -> dict[str, object]:
    """What is stored of a suspension."""
    return _stored(now, actor.user, actor.source, reason)


SUSPENSION = Withdrawal(
    action="token:suspend",
    action_on_many="token:suspend_many",
    target="suspension",
    reaches_suspended=False,
    columns=suspension_columns,
    note=note_suspension,
)

# A token that is suspended already, revoked or expired stays as it is.
suspend_token = partial(withdraw_token, SUSPENSION)
suspend_with_old_values = partial(withdraw_with_old_values, SUSPENSION)
suspend_tokens = partial(withdraw_tokens, SUSPENSION)


def resume_token(*, actor: Actor, token_id: uuid.UUID, now: datetime) -> bool:
    """Let a suspended token be good again; returns whether it was this call that did it.

    A token that is not suspended, or has ended meanwhile, stays as it is and nothing is recorded.
    """
    with transaction.atomic():
        tokens = ReferenceToken.objects.not_ended(now).filter(pk=token_id).exclude(suspended_at=None)
        if not tokens.update(resumed_at=now, **_stored(None, None, "", Reason())):
            return False
        record_event(actor, "token:resume", Target("token", str(token_id)), now=now, details={})
    return True


def _stored(at: datetime | None, by: User | None, source: str, reason: Reason) -> dict[str, object]:
    """The columns of a suspension; without an instant those of a token that is not suspended."""
    return {
        "suspended_at": at,
        "suspended_by": by,
        "suspension_source": source,
        "suspension_reason": reason.text,
        "suspension_code": reason.code,
    }
