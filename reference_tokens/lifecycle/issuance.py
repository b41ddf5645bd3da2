"""Issuing tokens (POL-2 to POL-5, TOK-3 to TOK-7)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.models.lifetime import require_allowed_expiry
from reference_tokens.token_values import token_format
from reference_tokens.token_values.key_ring import key_ring
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_pat, obstacle_to_sat
from trusted_apps.scopes import split_scopes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Kind = ReferenceToken.Kind

# People type only the description of a token; everything else has been checked on its way here.
SET_BY_THE_SERVER = {field.name for field in ReferenceToken._meta.fields} - {"description"}


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and its value, which exists nowhere else: show it once and forget it."""

    token: ReferenceToken
    plaintext: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token is asked to be. `expires_at` None means never."""

    scopes: Iterable[str]
    expires_at: datetime | None
    description: str = ""
    # Of the form that was sent: the same form sent twice issues one token.
    request_key: uuid.UUID | None = None
    # First revoke the token which that form has issued already and nobody saw.
    replaces_not_seen: bool = False


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


def issue_pat(
    *, actor: Actor, user: User, application: TrustedApplication, token_request: TokenRequest, now: datetime
) -> IssuedToken:
    """Issue a token that acts as `user`.

    Raises `IssuingRefused` where the policy forbids it, `AlreadyIssued` where this form has issued one, and
    `ValidationError` for a request that cannot be granted. Application and user are read again under their locks, in
    this order, so that a change racing the issue comes wholly before it or wholly after (POL-3).
    """
    if actor.user and actor.user.pk != user.pk:
        raise ValueError("a person issues PATs for nobody but themselves")
    with transaction.atomic():
        application = locked_application(application)
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        own = ReferenceToken.objects.held_by(user)
        token_request = revoke_unseen(token_request, own, actor, now)
        require_not_issued_yet(actor.user, token_request.request_key, Kind.PAT)
        if obstacle := obstacle_to_pat(application, user):
            raise IssuingRefused(obstacle)
        if are_at_least(settings.MAX_LIVE_PATS_PER_PERSON, own.not_ended(now)):
            raise ValidationError(
                _("%(username)s has %(count)s tokens, which is the limit: revoke one first."),
                params={"username": user.username, "count": settings.MAX_LIVE_PATS_PER_PERSON},
            )
        issued = insert_token(
            Kind.PAT, application=application, holder=user, issuer=actor.user, token_request=token_request, now=now
        )
        record_issue(actor, issued.token, now)
    return issued


def issue_sat(
    *, actor: Actor, application: TrustedApplication, token_request: TokenRequest, now: datetime
) -> IssuedToken:
    """Issue a token that acts as the application's System User, by an administrator or the operator.

    Raises as `issue_pat` does; the System User and the issuer are read again under their locks.
    """
    with transaction.atomic():
        application = locked_application(application)
        issuer, application.system_user = locked_users(actor.user, application.system_user)
        sats = ReferenceToken.objects.of(application).filter(kind=Kind.SAT)
        token_request = revoke_unseen(token_request, sats, actor, now)
        require_not_issued_yet(issuer, token_request.request_key, Kind.SAT)
        if obstacle := obstacle_to_sat(application, issuer):
            raise IssuingRefused(obstacle)
        if are_at_least(settings.MAX_LIVE_SATS_PER_APPLICATION, sats.not_ended(now)):
            raise ValidationError(
                _("%(application)s has %(count)s service access tokens, which is the limit: revoke one first."),
                params={"application": application.name, "count": settings.MAX_LIVE_SATS_PER_APPLICATION},
            )
        issued = insert_token(
            Kind.SAT, application=application, holder=None, issuer=issuer, token_request=token_request, now=now
        )
        record_issue(actor, issued.token, now)
    return issued


def are_at_least(count: int, tokens: ReferenceTokenQuerySet) -> bool:
    """Whether there are so many tokens; no more are looked for."""
    return bool(tokens.order_by().values_list("pk")[count - 1 : count])


def locked_application(application: TrustedApplication) -> TrustedApplication:
    """The same application as it is now, locked."""
    return TrustedApplication.objects.select_for_update(no_key=True).get(pk=application.pk)


def locked_users(*users: User | None) -> list[User | None]:
    """The same users as they are now, locked in the order of their ids, so that two issuers cannot deadlock."""
    ids = [user.pk for user in users if user]
    locked = {user.pk: user for user in User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    return [locked[user.pk] if user else None for user in users]


def revoke_unseen(
    token_request: TokenRequest, replaceable: ReferenceTokenQuerySet, actor: Actor, now: datetime
) -> TokenRequest:
    """Revoke the token that the form has issued and nobody saw, where that is asked; returns what to issue instead.

    Only one of the `replaceable`: the form's key alone does not say that its person may replace the token. Part of
    the issuing transaction, so that nothing is revoked where nothing is issued. The new token's key follows from the
    old one's, so that asking twice issues one token too.
    """
    if not (token_request.replaces_not_seen and token_request.request_key and actor.user):
        return token_request
    not_seen = replaceable.filter(issuer=actor.user, request_key=token_request.request_key).first()
    if not_seen is None:
        return token_request
    revoke_token(actor=actor, token_id=not_seen.pk, now=now, reason=Reason(code=ReasonCode.NOT_SEEN))
    return replace(token_request, request_key=uuid.uuid5(token_request.request_key, "again"))


def require_not_issued_yet(issuer: User | None, request_key: uuid.UUID | None, kind: str) -> None:
    """Raise `AlreadyIssued` where a form of this person with this key has issued a token of this kind.

    Raises `ValidationError` where it was of the other kind: that came from another form, which shows nothing here.
    """
    earlier = ReferenceToken.objects.filter(issuer=issuer, request_key=request_key)
    if not (request_key and issuer and earlier.exists()):
        return
    token = earlier.get()
    if token.kind != kind:
        raise ValidationError(_("This form was used elsewhere. Open it again."))
    raise AlreadyIssued(token)


def insert_token(  # noqa: PLR0913 - a token has so many parts
    kind: Kind,
    *,
    application: TrustedApplication,
    holder: User | None,
    issuer: User | None,
    token_request: TokenRequest,
    now: datetime,
    **chain: Any,
) -> IssuedToken:
    """Store a token as it was asked for; `chain` are the columns that say what it replaces.

    Call it under the locks of application and users. Raises `ValidationError` for a request that cannot be granted.
    """
    require_allowed_expiry(application, token_request.expires_at, now)
    plaintext = token_format.generate()
    token = ReferenceToken(
        kind=kind,
        application=application,
        holder=holder,
        issuer=issuer,
        description=token_request.description,
        scopes=allowed_scopes(application, token_request.scopes),
        digest=key_ring().digest(plaintext),
        hash_key=current_hash_key(now),
        hint=token_format.hint(plaintext),
        issued_at=now,
        expires_at=token_request.expires_at,
        request_key=token_request.request_key if issuer else None,
        **chain,
    )
    token.clean_fields(exclude=SET_BY_THE_SERVER)
    token.save(force_insert=True)
    return IssuedToken(token, plaintext)


def record_issue(actor: Actor, token: ReferenceToken, now: datetime) -> None:
    """Write into the audit log that the token was issued."""
    details = {
        "kind": str(token.kind),
        "application": str(token.application_id),
        "holder": str(token.holder_id) if token.holder_id else None,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "description": token.description,
        "hint": token.hint,
    }
    if token.replaces_id:
        details["replaces"] = str(token.replaces_id)
    record_event(actor, "token:issue", Target("token", str(token.pk)), now=now, details=details)


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
