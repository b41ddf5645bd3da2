"""Revoking tokens: final, at once, one or many (TOK-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.lifecycle.withdrawal import (
    Withdrawal,
    withdraw_token,
    withdraw_tokens,
    withdraw_with_old_values,
)
from reference_tokens.models import TokenUse
from reference_tokens.notices.noting import note_revocation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from accounts.audit.record import Actor
    from accounts.text.reasons import Reason
    from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet


def revocation_columns(actor: Actor, now: datetime, reason: Reason) -> dict[str, object]:
    """What is stored of a revocation."""
    return {
        "revoked_at": now,
        "revoked_by": actor.user,
        "revocation_source": actor.source,
        "revocation_reason": reason.text,
        "revocation_code": reason.code,
    }


def follow(tokens: ReferenceTokenQuerySet, *, cause: uuid.UUID, actor: Actor, now: datetime) -> None:
    """What goes with a revocation of these tokens: their uses leave the order of lists, and their owners are mailed."""
    follow_untold(tokens)
    note_revocation(tokens, cause=cause, actor=actor, now=now)


def follow_untold(tokens: ReferenceTokenQuerySet, **_told: Any) -> None:
    """The same, but nobody is mailed."""
    uses = TokenUse.objects.filter(token__in=tokens)
    lock_rows(uses)
    uses.update(is_revoked=True)


REVOCATION = Withdrawal(
    action="token:revoke",
    action_on_many="token:revoke_many",
    target="revocation",
    reaches_suspended=True,
    columns=revocation_columns,
    note=follow,
)


def revoke_token(*, actor: Actor, token_id: uuid.UUID, now: datetime, reason: str | Reason = "") -> bool:
    """Revoke one token alone; returns whether it was this call that ended it.

    A token that is revoked already, or expired, stays as it is and nothing is recorded. Raises `ValidationError` where
    the reason cannot be kept.
    """
    return withdraw_token(REVOCATION, actor=actor, token_id=token_id, now=now, reason=reason)


def revoke_with_old_values(  # noqa: PLR0913 - who, which, why, and what was agreed to
    *,
    actor: Actor,
    token_id: uuid.UUID,
    now: datetime,
    reason: str | Reason = "",
    with_old_values: bool = True,
    shown: str | None = None,
) -> list[ReferenceToken]:
    """Revoke a token as `revoke_token` does, and with the newest of its chain the old values that live on.

    Returns those that this call ended, the token first. Raises `SetChanged` where the old values are not those that
    were `shown`.
    """
    return withdraw_with_old_values(
        REVOCATION,
        actor=actor,
        token_id=token_id,
        now=now,
        reason=reason,
        with_old_values=with_old_values,
        shown=shown,
    )


def revoke_tokens(  # noqa: PLR0913 - who, which, why, and what was agreed to
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    chosen_by: dict[str, Any],
    now: datetime,
    reason: str | Reason = "",
    shown: str | None = None,
) -> int:
    """Revoke a set of tokens, all or none; returns how many this call ended.

    One audit entry tells of all, with what they were `chosen_by`. Raises `SetChanged` where those that are left are not
    the ones that were `shown`.
    """
    return withdraw_tokens(
        REVOCATION, actor=actor, tokens=tokens, chosen_by=chosen_by, now=now, reason=reason, shown=shown
    )
