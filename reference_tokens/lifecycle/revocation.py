"""Revoking tokens: final, at once, one or many (TOK-8)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.forms.shown import require_as_shown
from accounts.text.free_text import require_readable, tidied
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.old_values import locked_chain
from reference_tokens.lifecycle.selection import lock_actor, lock_tokens
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.noting import note_revocation

MAXIMUM_REASON_LENGTH = 200

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet


def revoke_token(*, actor: Actor, token_id: uuid.UUID, now: datetime, reason: str | Reason = "") -> bool:
    """Revoke one token alone; returns whether it was this call that ended it.

    A token that is revoked already, or expired, stays as it is and nothing is recorded. When this returns, the
    revocation is committed: no validation that starts afterwards finds the token good, in any process.
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        return bool(_revoke_each([token_id], actor, now, kept))


def revoke_with_old_values(  # noqa: PLR0913 - who, which, why, and what was agreed to
    *,
    actor: Actor,
    token_id: uuid.UUID,
    now: datetime,
    reason: str | Reason = "",
    ends_old_values: bool = True,
    shown: str | None = None,
) -> list[ReferenceToken]:
    """Revoke a token as `revoke_token` does, and with the newest of its chain the old values that live on.

    Returns those that this call ended, the token first; each has an audit entry of its own, and one mail tells of
    all. Nothing is done to the old values of a token that has ended already. Raises `SetChanged` where what lives
    beside the token is not what was `shown` (`LiveChain.seen`).
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        chain = locked_chain(token_id, now)
        if chain.token.state(now) in {ReferenceToken.State.REVOKED, ReferenceToken.State.EXPIRED}:
            return []
        require_as_shown(chain.ids_beside, shown)
        meant = [chain.token, *(chain.old_values if ends_old_values else [])]
        _revoke_each([token.pk for token in meant], actor, now, kept)
    return meant


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

    One audit entry holds `chosen_by` (the filter, in words a reader understands), the count, and an id that each of
    the tokens points to. Raises `SetChanged` where those that are left are not the ones that were `shown` (a
    fingerprint).
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        if not lock_tokens(tokens.not_ended(now)):
            return 0
        revocation_id = uuid.uuid4()
        count = _revoke(tokens, actor, now, kept, revocation_id=revocation_id)
        revoked = ReferenceToken.objects.filter(revocation_id=revocation_id)
        require_as_shown(revoked.values_list("pk", flat=True), shown)
        note_revocation(revoked, cause=revocation_id, actor=actor, now=now)
        details = {"chosen_by": chosen_by, "count": count} | kept.details()
        record_event(actor, "token:revoke_many", Target("revocation", str(revocation_id)), now=now, details=details)
    return count


def _revoke_each(ids: list[uuid.UUID], actor: Actor, now: datetime, reason: Reason) -> list[uuid.UUID]:
    """Revoke these tokens, with an entry for each and one mail about all; returns those that had not ended."""
    ended = [pk for pk in ids if _revoke(ReferenceToken.objects.filter(pk=pk), actor, now, reason, revocation_id=None)]
    if ended:
        note_revocation(ReferenceToken.objects.filter(pk__in=ended), cause=ids[0], actor=actor, now=now)
    for pk in ended:
        record_event(actor, "token:revoke", Target("token", str(pk)), now=now, details=reason.details())
    return ended


def _revoke(
    tokens: ReferenceTokenQuerySet, actor: Actor, now: datetime, reason: Reason, *, revocation_id: uuid.UUID | None
) -> int:
    return tokens.not_ended(now).update(**revocation_columns(actor, now, reason), revocation_id=revocation_id)


def revocation_columns(actor: Actor, now: datetime, reason: Reason) -> dict[str, object]:
    """What is stored of a revocation."""
    return {
        "revoked_at": now,
        "revoked_by": actor.user,
        "revocation_source": actor.source,
        "revocation_reason": reason.text,
        "revocation_code": reason.code,
    }


def reason_to_keep(reason: str | Reason) -> Reason:
    """The reason as it is stored: what somebody typed, tidied, or one that the service gives.

    Raises `ValidationError` for a text that is too long, cannot be seen or holds a secret.
    """
    if isinstance(reason, Reason):
        return reason
    text = tidied(reason)
    require_readable(text)
    if len(text) > MAXIMUM_REASON_LENGTH:
        raise ValidationError(
            _("The reason has more than %(most)s characters."), params={"most": MAXIMUM_REASON_LENGTH}
        )
    return Reason(text)
