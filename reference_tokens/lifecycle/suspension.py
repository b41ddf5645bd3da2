"""Suspending tokens, one or many: a revocation that can be taken back (TOK-9)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.forms.shown import require_as_shown
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.old_values import locked_chain
from reference_tokens.lifecycle.revocation import reason_to_keep
from reference_tokens.lifecycle.selection import lock_actor, lock_tokens
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.noting import note_suspension

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from reference_tokens.models import ReferenceTokenQuerySet


def suspend_token(*, actor: Actor, token_id: uuid.UUID, now: datetime, reason: str | Reason = "") -> bool:
    """Suspend one token alone; returns whether it was this call that did it.

    A token that is suspended already, revoked or expired stays as it is and nothing is recorded. When this returns,
    no validation that starts afterwards finds the token good, in any process.
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        return bool(_suspend_each([token_id], actor, now, kept))


def suspend_with_old_values(  # noqa: PLR0913 - as `revoke_with_old_values`
    *,
    actor: Actor,
    token_id: uuid.UUID,
    now: datetime,
    reason: str | Reason = "",
    suspends_old_values: bool = True,
    shown: str | None = None,
) -> list[ReferenceToken]:
    """Suspend a token, and with the newest of its chain the old values that live on, as `revoke_with_old_values`.

    Returns those that this call suspended, the token first.
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        chain = locked_chain(token_id, now)
        if chain.token.state(now) != ReferenceToken.State.LIVE:
            return []
        require_as_shown(chain.ids_beside, shown)
        meant = [chain.token, *(chain.old_values_in_use if suspends_old_values else [])]
        _suspend_each([token.pk for token in meant], actor, now, kept)
    return meant


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
        if not lock_tokens(free):
            return 0
        suspension_id = uuid.uuid4()
        count = free.update(suspension_id=suspension_id, **suspension_columns(now, actor.user, actor.source, kept))
        suspended = ReferenceToken.objects.filter(suspension_id=suspension_id)
        require_as_shown(suspended.values_list("pk", flat=True), shown)
        note_suspension(suspended, cause=suspension_id, actor=actor, now=now)
        details = {"chosen_by": chosen_by, "count": count} | kept.details()
        record_event(actor, "token:suspend_many", Target("suspension", str(suspension_id)), now=now, details=details)
    return count


def _suspend_each(ids: list[uuid.UUID], actor: Actor, now: datetime, reason: Reason) -> list[uuid.UUID]:
    """Suspend these tokens, with an entry for each and one mail about all; returns those that were live."""
    values = suspension_columns(now, actor.user, actor.source, reason)
    live = ReferenceToken.objects.not_ended(now).filter(suspended_at=None)
    done = [pk for pk in ids if live.filter(pk=pk).update(**values)]
    if done:
        note_suspension(ReferenceToken.objects.filter(pk__in=done), cause=ids[0], actor=actor, now=now)
    for pk in done:
        record_event(actor, "token:suspend", Target("token", str(pk)), now=now, details=reason.details())
    return done


def resume_token(*, actor: Actor, token_id: uuid.UUID, now: datetime) -> bool:
    """Let a suspended token be good again; returns whether it was this call that did it.

    A token that is not suspended, or has ended meanwhile, stays as it is and nothing is recorded.
    """
    with transaction.atomic():
        tokens = ReferenceToken.objects.not_ended(now).filter(pk=token_id).exclude(suspended_at=None)
        if not tokens.update(resumed_at=now, **suspension_columns(None, None, "", Reason())):
            return False
        record_event(actor, "token:resume", Target("token", str(token_id)), now=now, details={})
    return True


def suspension_columns(at: datetime | None, by: User | None, source: str, reason: Reason) -> dict[str, object]:
    """What is stored of a suspension; nothing of one that was taken back."""
    return {
        "suspended_at": at,
        "suspended_by": by,
        "suspension_source": source,
        "suspension_reason": reason.text,
        "suspension_code": reason.code,
    }
