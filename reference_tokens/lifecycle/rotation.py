"""Rotating tokens: a new value takes the place of an old one, which lives on for a while (TOK-10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit.record import Actor, Source, Target, record_event
from accounts.database.compiled_rows import row_locked
from accounts.text.reasons import Reason
from reference_tokens.lifecycle import revocation
from reference_tokens.lifecycle.issuance import (
    IssuedToken,
    TokenRequest,
    are_at_least,
    insert_token,
    locked_users,
    record_issue,
    require_not_issued_yet,
)
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.models import ReferenceToken
from reference_tokens.models.lifetime import expiry_in_days, maximum_days
from reference_tokens.notices.noting import note_rotation
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_pat, obstacle_to_sat

if TYPE_CHECKING:
    import uuid

    from accounts.models import User

Kind, State = ReferenceToken.Kind, ReferenceToken.State

# How long the old value may live on, as the forms offer it.
OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
DEFAULT_OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
SECOND = timedelta(seconds=1)
# With old values that live on, the limit of tokens is so many times as high.
LIMITS_WITH_OLD_VALUES = 2
# The type of the actor where a token rotates itself: a program uses its value to do so.
BY_ITSELF = "token"


class Refusal(models.TextChoices):
    """Why a token cannot be rotated, in a sentence; an obstacle to issuing one is another reason."""

    REVOKED = "revoked", gettext_lazy("It is revoked: create a new token instead.")
    EXPIRED = "expired", gettext_lazy("It has expired: create a new token instead.")
    SUSPENDED = "suspended", gettext_lazy("It is suspended: it can be rotated once it is resumed.")
    REPLACED = "replaced", gettext_lazy("It was rotated already: only the newest token of its chain can be rotated.")
    NO_SCOPES = "no_scopes", gettext_lazy("Its application no longer offers any of its scopes.")
    NOT_BY_ITSELF = "not_by_itself", gettext_lazy("Its application does not let a token rotate itself.")
    CHAIN_TOO_OLD = (
        "chain_too_old",
        gettext_lazy("The first token of its chain has reached its maximum life: create a new token instead."),
    )


REFUSED_BY_STATE = {
    State.REVOKED: Refusal.REVOKED,
    State.EXPIRED: Refusal.EXPIRED,
    State.SUSPENDED: Refusal.SUSPENDED,
}


class RotationRefused(Exception):
    """The token cannot be rotated; `reason` says why."""

    def __init__(self, reason: Refusal | Obstacle) -> None:
        super().__init__(reason.label)
        self.reason = reason


def rotate_token(
    *, actor: Actor, token_id: uuid.UUID, overlap: timedelta, now: datetime, request_key: uuid.UUID | None = None
) -> IssuedToken:
    """Put a new value in the place of a token's: same application, holder, scopes, description and length of life.

    The old value, `.token.replaces` of what is returned, lives on for `overlap`, never longer than it would have; with
    no overlap it is revoked at once. Raises `RotationRefused` where it may not be, `AlreadyIssued` where this form has
    rotated it, and `ValidationError` where there are too many tokens. Everything is read again under the locks, taken
    in the order of POL-3, so that of several rotations at once one succeeds.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("an old value lives on for 7 days at most")
    with transaction.atomic():
        issuer, old = _locked(actor.user, token_id)
        require_not_issued_yet(issuer, request_key, old.kind)
        _require_rotatable(actor, old, issuer, now)
        if overlap:
            _require_room(old, now)
        issued = insert_token(
            Kind(old.kind),
            application=old.application,
            holder=old.holder,
            # A token that rotates itself keeps the issuer of the first of its chain.
            issuer=issuer or old.issuer,
            token_request=TokenRequest(kept_scopes(old), _expiry(actor, old, now), old.description, request_key),
            now=now,
            replaces=old,
            family=family_of(old),
        )
        before = old.expires_at
        _let_end(actor, old, issued.token, overlap, now)
        record_issue(actor, issued.token, now)
        details = {
            "replaced_by": str(issued.token.pk),
            "overlap_seconds": int(overlap.total_seconds()),
            "before": {"expires_at": before.isoformat() if before else None},
            "after": {"expires_at": end_of(old).isoformat()},
        }
        record_event(actor, "token:rotate", Target("token", str(old.pk)), now=now, details=details)
    return issued


def end_old_value(*, actor: Actor, old: ReferenceToken, now: datetime) -> bool:
    """Revoke an old value that lives on; returns whether it was this call that ended it."""
    assert old.successor  # noqa: S101 - for the type checker: it was rotated
    reason = _replaced_by(old.successor)
    return revocation.revoke_token(actor=actor, token_id=old.pk, now=now, reason=reason)


def rotate_itself(*, token_id: uuid.UUID, address: str | None, overlap: timedelta, now: datetime) -> IssuedToken:
    """Rotate a token for a program that uses its value, where its application allows that; its owners are mailed.

    Raises as `rotate_token` does.
    """
    actor = Actor(Source.API, BY_ITSELF, str(token_id), address=address)
    return rotate_token(actor=actor, token_id=token_id, overlap=overlap, now=now)


def obstacle_to_rotating(token: ReferenceToken, issuer: User | None, now: datetime) -> Refusal | Obstacle | None:
    """Why `issuer` (None: the operator, or the token itself) cannot rotate the token now; None where they can."""
    if refusal := REFUSED_BY_STATE.get(token.state(now)):
        return refusal
    if token.successor:
        return Refusal.REPLACED
    if token.holder is None:
        obstacle = obstacle_to_sat(token.application, issuer)
    else:
        obstacle = obstacle_to_pat(token.application, token.holder)
    return obstacle or (None if kept_scopes(token) else Refusal.NO_SCOPES)


def kept_scopes(token: ReferenceToken) -> tuple[str, ...]:
    """The scopes of the token that its application still offers: those of a new value."""
    return tuple(scope for scope in token.scopes if scope in token.application.scopes)


def renewed_expiry(token: ReferenceToken, now: datetime) -> datetime | None:
    """When a new value of the token ends: after the same length of life, within what its application allows today."""
    longest = expiry_in_days(maximum_days(token.application), now)
    if token.expires_at is None:
        return None if token.application.allows_tokens_without_expiry else longest
    length = token.expires_at - token.issued_at.replace(microsecond=0)
    return min(now.replace(microsecond=0) + length, longest)


def end_after(token: ReferenceToken, overlap: timedelta, now: datetime) -> datetime:
    """When the token ends if it is rotated now, to the second: never later than it would have.

    By a clock that was put back since, that may be before its issue, which no expiry is: then it is just after that.
    """
    end = max(now + overlap, token.issued_at + SECOND).replace(microsecond=0)
    return end if token.expires_at is None else min(end, token.expires_at)


def end_of(token: ReferenceToken) -> datetime:
    """When a token that was rotated ends, or has ended."""
    end = token.revoked_at or token.expires_at
    assert end  # noqa: S101 - for the type checker: a rotation gives it one
    return end


def family_of(token: ReferenceToken) -> uuid.UUID:
    """The id of the first token of its chain."""
    return token.family or token.pk


def _locked(issuer: User | None, token_id: uuid.UUID) -> tuple[User | None, ReferenceToken]:
    """Who rotates and the token as they are now, locked after its application and whom it speaks for."""
    application_id, holder_id = ReferenceToken.objects.values_list("application", "holder").get(pk=token_id)
    application = row_locked(TrustedApplication, application_id)
    issuer, speaker = locked_users(issuer.pk if issuer else None, holder_id or application.system_user_id)
    token = ReferenceToken.objects.select_for_update(no_key=True).get(pk=token_id)
    token.application = application
    if token.kind == Kind.PAT:
        token.holder = speaker
        if issuer and issuer != speaker:
            raise ValueError("a person rotates PATs of nobody but themselves")
    else:
        application.system_user = speaker
    return issuer, token


def _require_rotatable(actor: Actor, token: ReferenceToken, issuer: User | None, now: datetime) -> None:
    """Raise `RotationRefused` where the token cannot be rotated now, or not by itself."""
    reason = obstacle_to_rotating(token, issuer, now)
    if reason is None and actor.type == BY_ITSELF:
        reason = _obstacle_by_itself(token, now)
    if reason:
        raise RotationRefused(reason)


def _obstacle_by_itself(token: ReferenceToken, now: datetime) -> Refusal | None:
    if not token.application.allows_self_rotation:
        return Refusal.NOT_BY_ITSELF
    return Refusal.CHAIN_TOO_OLD if renewed_expiry(token, now) and _end_of_chain(token) <= now else None


def _end_of_chain(token: ReferenceToken) -> datetime:
    """When the first token of the chain would have ended at the latest, by today's maximum.

    A token that rotates itself never gets past it: else a leaked one would renew itself for ever.
    """
    first = ReferenceToken.objects.get(pk=family_of(token))
    return expiry_in_days(maximum_days(token.application), first.issued_at)


def _expiry(actor: Actor, token: ReferenceToken, now: datetime) -> datetime | None:
    expires_at = renewed_expiry(token, now)
    if actor.type == BY_ITSELF and expires_at:
        return min(expires_at, _end_of_chain(token))
    return expires_at


def _require_room(token: ReferenceToken, now: datetime) -> None:
    limit = settings.MAX_LIVE_PATS_PER_PERSON if token.holder else settings.MAX_LIVE_SATS_PER_APPLICATION
    most = LIMITS_WITH_OLD_VALUES * limit
    if are_at_least(most, Kind(token.kind), token.holder or token.application, now):
        raise ValidationError(
            _("There are %(count)s live tokens, including old values. End or revoke one first."),
            code="too_many_tokens",
            params={"count": most},
        )


def _let_end(actor: Actor, old: ReferenceToken, new: ReferenceToken, overlap: timedelta, now: datetime) -> None:
    """Store when the old value ends, and tell those who are to know."""
    if overlap:
        columns: dict[str, object] = {"expires_at": end_after(old, overlap, now)}
    else:
        # Not an expiry, which a server whose clock is behind would reach later.
        columns = revocation.revocation_columns(actor, now, _replaced_by(new))
    for name, value in {**columns, "family": new.family}.items():
        setattr(old, name, value)
    old.save(update_fields=[*columns, "family"])
    if not overlap:
        revocation.follow(ReferenceToken.objects.filter(pk=old.pk), cause=old.pk, actor=actor, now=now)
    if actor.type == BY_ITSELF:
        note_rotation(new, now=now)


def _replaced_by(new: ReferenceToken) -> Reason:
    return Reason(new.hint, ReasonCode.REPLACED)
