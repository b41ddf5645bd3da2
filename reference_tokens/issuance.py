"""Issuing tokens (POL-2 to POL-5, TOK-3 to TOK-7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import Actor, Target, record_event
from accounts.models import User
from reference_tokens import token_format
from reference_tokens.key_ring import current_hash_key, key_ring
from reference_tokens.lifetime import require_allowed_expiry
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_pat, obstacle_to_sat
from trusted_apps.scopes import split_scopes

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from datetime import datetime

Kind = ReferenceToken.Kind

# What people type of a token is its description alone; everything else has been checked on its way here.
SET_BY_THE_SERVER = {field.name for field in ReferenceToken._meta.fields} - {"description"}  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and its value, which exists nowhere else: show it once and let go of it."""

    token: ReferenceToken
    plaintext: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a token is asked to be. `expires_at` None means never."""

    scopes: Iterable[str]
    expires_at: datetime | None
    description: str = ""
    # Of the form that was sent: the same form sent twice issues one token.
    request_key: uuid.UUID | None = None


class IssuingRefused(Exception):
    """The policy does not allow the token; `obstacle` says why."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.label)
        self.obstacle = obstacle


class AlreadyIssued(Exception):
    """The form that asked for the token has issued one already: `token`."""

    def __init__(self, token: ReferenceToken) -> None:
        super().__init__(token.hint)
        self.token = token


def issue_pat(*, actor: Actor, user: User, application: TrustedApplication, wish: Wish, now: datetime) -> IssuedToken:
    """Issue a token that acts as `user`.

    Raises `IssuingRefused` where the policy forbids it, `AlreadyIssued` where this form has issued one, and
    `ValidationError` for a wish that cannot be granted. Application and user are read again under their locks, in
    this order, so that a change racing the issue comes wholly before it or wholly after (POL-3).
    """
    if actor.user and actor.user.pk != user.pk:
        raise ValueError("a person issues PATs for nobody but themselves")
    with transaction.atomic():
        application = _locked_application(application)
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _refuse_a_second(actor.user, wish)
        if obstacle := obstacle_to_pat(application, user):
            raise IssuingRefused(obstacle)
        held = ReferenceToken.objects.held_by(user).not_ended(now)[: settings.MAX_LIVE_PATS_PER_PERSON].count()
        if held >= settings.MAX_LIVE_PATS_PER_PERSON:
            raise ValidationError(
                _("%(username)s has %(count)s tokens, which is the limit: revoke one first."),
                params={"username": user.username, "count": held},
            )
        return _insert(actor, Kind.PAT, application=application, holder=user, wish=wish, now=now)


def issue_sat(*, actor: Actor, application: TrustedApplication, wish: Wish, now: datetime) -> IssuedToken:
    """Issue a token that acts as the application's System User, by an administrator or the operator.

    Raises as `issue_pat` does; the System User and the issuer are read again under their locks.
    """
    with transaction.atomic():
        application = _locked_application(application)
        issuer, application.system_user = _locked_users(actor.user, application.system_user)
        _refuse_a_second(issuer, wish)
        if obstacle := obstacle_to_sat(application, issuer):
            raise IssuingRefused(obstacle)
        sats = ReferenceToken.objects.of(application).filter(kind=Kind.SAT).not_ended(now)
        count = sats[: settings.MAX_LIVE_SATS_PER_APPLICATION].count()
        if count >= settings.MAX_LIVE_SATS_PER_APPLICATION:
            raise ValidationError(
                _("%(application)s has %(count)s service access tokens, which is the limit: revoke one first."),
                params={"application": application.name, "count": count},
            )
        return _insert(actor, Kind.SAT, application=application, holder=None, wish=wish, now=now)


def _locked_application(application: TrustedApplication) -> TrustedApplication:
    return TrustedApplication.objects.select_for_update(no_key=True).get(pk=application.pk)


def _locked_users(*users: User | None) -> list[User | None]:
    """The same users as they are now, locked in the order of their ids, so that two issuers cannot deadlock."""
    ids = [user.pk for user in users if user]
    locked = {user.pk: user for user in User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    return [locked[user.pk] if user else None for user in users]


def _refuse_a_second(issuer: User | None, wish: Wish) -> None:
    if wish.request_key and issuer:
        earlier = ReferenceToken.objects.filter(issuer=issuer, request_key=wish.request_key).first()
        if earlier:
            raise AlreadyIssued(earlier)


def _insert(  # noqa: PLR0913
    actor: Actor, kind: Kind, *, application: TrustedApplication, holder: User | None, wish: Wish, now: datetime
) -> IssuedToken:
    require_allowed_expiry(application, wish.expires_at, now)
    plaintext = token_format.generate()
    token = ReferenceToken(
        kind=kind,
        application=application,
        holder=holder,
        issuer=actor.user,
        description=wish.description.strip(),
        scopes=allowed_scopes(application, wish.scopes),
        digest=key_ring().digest(plaintext),
        hash_key=current_hash_key(now),
        hint=token_format.hint(plaintext),
        issued_at=now,
        expires_at=wish.expires_at,
        request_key=wish.request_key if actor.user else None,
    )
    token.clean_fields(exclude=SET_BY_THE_SERVER)
    token.save(force_insert=True)
    details = {
        "kind": str(kind),
        "application": str(application.pk),
        "holder": str(holder.pk) if holder else None,
        "scopes": list(token.scopes),
        "expires_at": wish.expires_at.isoformat() if wish.expires_at else None,
        "description": token.description,
        "hint": token.hint,
    }
    record_event(actor, "token:issue", Target("token", str(token.pk)), now=now, details=details)
    return IssuedToken(token, plaintext)


def allowed_scopes(application: TrustedApplication, names: Iterable[str]) -> tuple[str, ...]:
    """The scopes in their one form; raises `ValidationError` for none, or one that the application does not offer."""
    scopes = split_scopes(" ".join(names))
    if not scopes:
        raise ValidationError(_("Choose at least one scope."))
    if unknown := [scope for scope in scopes if scope not in application.scopes]:
        raise ValidationError(
            _("%(application)s does not offer the scope %(scopes)s."),
            params={"application": application.name, "scopes": ", ".join(unknown)},
        )
    return scopes
