"""Revoking tokens: final, at once, one or many (TOK-8)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reference_tokens.lifecycle.withdrawal import (
    Withdrawal,
    withdraw_token,
    withdraw_tokens,
    withdraw_with_old_values,
)
from reference_tokens.notices.noting import note_revocation

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.record import Actor
    from accounts.text.reasons import Reason


def revocation_columns(actor: Actor, now: datetime, reason: Reason) -> dict[str, object]:
    """What is stored of a revocation."""
    return {
        "revoked_at": now,
        "revoked_by": actor.user,
        "revocation_source": actor.source,
        "revocation_reason": reason.text,
        "revocation_code": reason.code,
    }


REVOCATION = Withdrawal(
    action="token:revoke",
    action_on_many="token:revoke_many",
    target="revocation",
    reaches_suspended=True,
    columns=revocation_columns,
    note=note_revocation,
)

# A token that is revoked already, or expired, stays as it is.
revoke_token = partial(withdraw_token, REVOCATION)
revoke_with_old_values = partial(withdraw_with_old_values, REVOCATION)
revoke_tokens = partial(withdraw_tokens, REVOCATION)
