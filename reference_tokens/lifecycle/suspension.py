"""Suspending tokens, one or many: a revocation that can be taken back (TOK-9)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.database.page_cache import large_page_cache
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.selection import change_as_shown, lock_tokens
from reference_tokens.lifecycle.withdrawal import (
    Withdrawal,
    withdraw_tokens,
    withdraw_with_old_values,
)
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.noting import note_suspension

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet


def suspension_columns(actor: Actor, now: datetime, reason: Reason) -> dict[str, object]:
    """What is stored of a suspension; nothing of one before it, with which it could be undone."""
    return _stored(now, actor.user, actor.source, reason) | {"suspension_id": None}


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
    batch_id: uuid.UUID | None = None,
) -> int:
    """Suspend a set of tokens, all or none; returns how many this call suspended.

    One audit entry tells of all, with what they were `chosen_by`; by the `batch_id` they are resumed together. Raises
    `SetChanged` where those that are left are not the ones that were `shown`.
    """
    return withdraw_tokens(
        SUSPENSION,
        actor=actor,
        tokens=tokens,
        chosen_by=chosen_by,
        now=now,
        reason=reason,
        shown=shown,
        batch_id=batch_id,
    )


def suspended_together(tokens: ReferenceTokenQuerySet, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that were suspended with others, and can be resumed with them."""
    return tokens.not_ended(now).exclude(suspended_at=None).exclude(suspension_id=None)


def resume_tokens(
    *, actor: Actor, tokens: ReferenceTokenQuerySet, batch_id: uuid.UUID, now: datetime, shown: str | None = None
) -> int:
    """Let those of the tokens be good again that one act suspended; returns how many this call resumed.

    One audit entry about that suspension tells of all. Raises `SetChanged` where those that are left are not the ones
    that were `shown`.
    """
    together = suspended_together(tokens, now).filter(suspension_id=batch_id)
    return _resume(together, actor=actor, target=Target(SUSPENSION.target, str(batch_id)), now=now, shown=shown)


def resume_chosen(
    *, actor: Actor, tokens: ReferenceTokenQuerySet, chosen_by: dict[str, Any], now: datetime, shown: str | None = None
) -> int:
    """Let those of the tokens be good again that are suspended; returns how many this call resumed.

    One audit entry tells of all, with what they were `chosen_by`; each of the tokens points to it. Raises `SetChanged`
    where those that are left are not the ones that were `shown`.
    """
    resumption_id = uuid.uuid4()
    return _resume(
        tokens.in_state(ReferenceToken.State.SUSPENDED, now),
        actor=actor,
        target=Target("resumption", str(resumption_id)),
        now=now,
        shown=shown,
        details={"chosen_by": chosen_by},
        resumption_id=resumption_id,
    )


def _resume(  # noqa: PLR0913 - who, which, and what is kept of it
    suspended: ReferenceTokenQuerySet,
    *,
    actor: Actor,
    target: Target,
    now: datetime,
    shown: str | None,
    details: dict[str, Any] | None = None,
    **pointer: uuid.UUID,
) -> int:
    """Let these suspended tokens be good again, with one audit entry about the target."""
    with large_page_cache(), transaction.atomic():
        if not lock_tokens(suspended):
            return 0
        count = change_as_shown(suspended, shown, resumed_at=now, **_stored(None, None, "", Reason()), **pointer)
        record_event(actor, "token:resume_many", target, now=now, details=(details or {}) | {"count": count})
    return count


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
