"""Taking tokens out of use: what revoking (TOK-8) and suspending (TOK-9) have in common.

The locks are taken in the order of POL-3: who acts, tokens, audit head. When one of these functions returns, its
change is committed: no validation that starts afterwards finds the tokens good, in any process.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event, record_events
from accounts.database.page_cache import large_page_cache
from accounts.forms.fingerprints import require_same_set
from accounts.text.free_text import require_readable, tidied
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.old_values import locked_chain
from reference_tokens.lifecycle.selection import id_texts, lock_actor, lock_tokens
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lifecycle.old_values import LiveChain
    from reference_tokens.models import ReferenceTokenQuerySet

MAXIMUM_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Revoking or suspending: what it stores, whom it tells, and how the audit log calls it."""

    action: str
    action_on_many: str
    # What the audit entry of many is about; `…_id` is the column by which each of the tokens points to it.
    target: str
    # A suspended token can be revoked, and not suspended again.
    reaches_suspended: bool
    columns: Callable[[Actor, datetime, Reason], dict[str, object]]
    note: Callable[..., None]

    def reached(self, tokens: ReferenceTokenQuerySet, now: datetime) -> ReferenceTokenQuerySet:
        """Those of the tokens that it changes."""
        live = tokens.not_ended(now)
        return live if self.reaches_suspended else live.filter(suspended_at=None)

    def reached_of_chain(self, chain: LiveChain, now: datetime, *, with_old_values: bool) -> list[ReferenceToken]:
        """The token, and old values beside it where these are meant too; none where the token is not reached."""
        if chain.token.state(now) not in self.reached_states:
            return []
        old_values = chain.old_values if self.reaches_suspended else chain.old_values_in_use
        return [chain.token, *(old_values if with_old_values else [])]

    @property
    def reached_states(self) -> set[str]:
        """The states of the tokens that it changes."""
        State = ReferenceToken.State  # noqa: N806 - a class
        return {State.LIVE, State.SUSPENDED} if self.reaches_suspended else {State.LIVE}


def withdraw_token(
    withdrawal: Withdrawal, *, actor: Actor, token_id: uuid.UUID, now: datetime, reason: str | Reason = ""
) -> bool:
    """Withdraw one token alone; returns whether it was this call that did it.

    A token that is withdrawn already, or has ended, stays as it is and nothing is recorded.
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        return bool(_withdraw_each(withdrawal, [token_id], actor, now, kept))


def withdraw_with_old_values(  # noqa: PLR0913 - who, which, why, and what was agreed to
    withdrawal: Withdrawal,
    *,
    actor: Actor,
    token_id: uuid.UUID,
    now: datetime,
    reason: str | Reason = "",
    with_old_values: bool = True,
    shown: str | None = None,
) -> list[ReferenceToken]:
    """Withdraw a token as `withdraw_token` does, and with the newest of its chain the old values that live on.

    Returns those that this call withdrew, the token first; each has an audit entry of its own, and one mail tells of
    all. Nothing is done to the old values of a token that is not withdrawn. Raises `SetChanged` where what lives
    beside the token is not what was `shown` (`LiveChain.seen`).
    """
    kept = reason_to_keep(reason)
    with transaction.atomic():
        lock_actor(actor)
        chain = locked_chain(token_id, now)
        reached = withdrawal.reached_of_chain(chain, now, with_old_values=with_old_values)
        if reached:
            require_same_set(chain.ids_beside, shown)
            _withdraw_each(withdrawal, [token.pk for token in reached], actor, now, kept)
    return reached


def withdraw_tokens(  # noqa: PLR0913 - who, which, why, and what was agreed to
    withdrawal: Withdrawal,
    *,
    actor: Actor,
    tokens: ReferenceTokenQuerySet,
    chosen_by: dict[str, Any],
    now: datetime,
    reason: str | Reason = "",
    shown: str | None = None,
    batch_id: uuid.UUID | None = None,
) -> int:
    """Withdraw a set of tokens, all or none; returns how many this call withdrew.

    One audit entry holds `chosen_by` (the filter, in words a reader understands), the count, and an id that each of
    the tokens points to: `batch_id`, or a new one. Raises `SetChanged` where those that are left are not the ones that
    were `shown` (a fingerprint).
    """
    kept = reason_to_keep(reason)
    with large_page_cache(), transaction.atomic():
        lock_actor(actor)
        reached = withdrawal.reached(tokens, now)
        if not lock_tokens(reached):
            return 0
        batch_id = batch_id or uuid.uuid4()
        pointer = {f"{withdrawal.target}_id": batch_id}
        count = reached.update(**withdrawal.columns(actor, now, kept) | pointer)
        withdrawn = ReferenceToken.objects.filter(**pointer)
        if shown is not None:
            require_same_set(id_texts(withdrawn), shown)
        withdrawal.note(withdrawn, cause=batch_id, actor=actor, now=now)
        details = {"chosen_by": chosen_by, "count": count} | kept.details()
        target = Target(withdrawal.target, str(batch_id))
        record_event(actor, withdrawal.action_on_many, target, now=now, details=details)
    return count


def _withdraw_each(
    withdrawal: Withdrawal, ids: list[uuid.UUID], actor: Actor, now: datetime, reason: Reason
) -> list[uuid.UUID]:
    """Withdraw these tokens, with an entry for each and one mail about all; returns those that it changed."""
    columns = withdrawal.columns(actor, now, reason)
    reached = withdrawal.reached(ReferenceToken.objects.all(), now)
    changed = [pk for pk in ids if reached.filter(pk=pk).update(**columns)]
    if changed:
        withdrawal.note(ReferenceToken.objects.filter(pk__in=changed), cause=ids[0], actor=actor, now=now)
        record_each(withdrawal, changed, actor, now, reason)
    return changed


def withdraw_locked(
    withdrawal: Withdrawal, ids: Sequence[uuid.UUID], *, actor: Actor, now: datetime, reason: Reason
) -> None:
    """Withdraw tokens that this transaction has locked, and found to be reached; each has an entry of its own.

    In as many statements for a portion as for one; nobody is told.
    """
    ReferenceToken.objects.filter(pk__in=ids).update(**withdrawal.columns(actor, now, reason))
    record_each(withdrawal, ids, actor, now, reason)


def record_each(withdrawal: Withdrawal, ids: Iterable[uuid.UUID], actor: Actor, now: datetime, reason: Reason) -> None:
    """Write into the audit log that each of these tokens was withdrawn."""
    targets = [Target("token", str(pk)) for pk in ids]
    record_events(actor, withdrawal.action, targets, now=now, details=reason.details())


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
