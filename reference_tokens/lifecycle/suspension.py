"""Suspending tokens, one or many: a revocation that can be taken back (TOK-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.withdrawal import (
    Withdrawal,
    withdraw_tokens,
    withdraw_with_old_values,
)
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.noting import note_suspension

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet


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


def suspend_with_old_values(  # noqa: PLR0913 - who, which, why, and what was agreed to
    *,
    actor: Actor,
    token_id: uuid.UUID,
    now: datetime,
    reason: str | Reason = "",
    with_old_values: bool = True,
    shown: str | None = None,
) -> list[ReferenceToken]:
    """Suspend a token, and with the newest of its chain its old values in use.

    Returns those that this call suspended, the token first: none, and nothing is recorded, where it is suspended
    already, revoked or expired. Raises `SetChanged` where the old values are not those that were `shown`, and
    `ValidationError` where the reason cannot be kept.
    """
    return withdraw_with_old_values(
        SUSPENSION,
        actor=actor,
        token_id=token_id,
        now=now,
        reason=reason,
        with_old_values=with_old_values,
        shown=shown,
    )


def suspend_tokens(  # noqa: PLR0913 - who, which, why, and what was agreed to
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    chosen_by: dict[str, Any],
    now: datetime,
    reason: str | Reason = "",
    shown: str | None = None,
) -> int:
    """Suspend a set of tokens, all or none; returns how many this call suspended.

    One audit entry tells of all, with what they were `chosen_by`. Raises `SetChanged` where those that are left are not
    the ones that were `shown`.
    """
    return withdraw_tokens(
        SUSPENSION, actor=actor, tokens=tokens, chosen_by=chosen_by, now=now, reason=reason, shown=shown
    )


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
