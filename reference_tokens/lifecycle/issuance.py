"""Issuing tokens (POL-2 to POL-5, TOK-3 to TOK-7)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import DateTimeField, UUIDField, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit.record import Actor, Target, record_event
from accounts.database.compiled_query import Placeholder, compiled
from accounts.database.compiled_rows import insert_row, row_locked
from accounts.models import User
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.lifecycle.lookup_digests import keep_lookup_digest
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

    from django.db.models import QuerySet

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
        application = row_locked(TrustedApplication, application.pk)
        user = row_locked(User, user.pk)
        token_request = revoke_unseen(token_request, Kind.PAT, user, actor, now)
        require_not_issued_yet(actor.user, token_request.request_key, Kind.PAT)
        if obstacle := obstacle_to_pat(application, user):
            raise IssuingRefused(obstacle)
        if are_at_least(settings.MAX_LIVE_PATS_PER_PERSON, Kind.PAT, user, now):
            raise too_many_pats(user, settings.MAX_LIVE_PATS_PER_PERSON)
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
        application = row_locked(TrustedApplication, application.pk)
        issuer, application.system_user = locked_users(
            actor.user.pk if actor.user else None, application.system_user_id
        )
        token_request = revoke_unseen(token_request, Kind.SAT, application, actor, now)
        require_not_issued_yet(issuer, token_request.request_key, Kind.SAT)
        if obstacle := obstacle_to_sat(application, issuer):
            raise IssuingRefused(obstacle)
        if are_at_least(settings.MAX_LIVE_SATS_PER_APPLICATION, Kind.SAT, application, now):
            raise too_many_sats(application, settings.MAX_LIVE_SATS_PER_APPLICATION)
        issued = insert_token(
            Kind.SAT, application=application, holder=None, issuer=issuer, token_request=token_request, now=now
        )
        record_issue(actor, issued.token, now)
    return issued


def tokens_of(kind: Kind, owner: User | TrustedApplication | Placeholder) -> ReferenceTokenQuerySet:
    """The PATs of a person, or the SATs of an application."""
    return ReferenceToken.objects.filter(kind=kind, **{"holder" if kind == Kind.PAT else "application": owner})


def are_at_least(count: int, kind: Kind, owner: User | TrustedApplication, now: datetime) -> bool:
    """Whether so many tokens of this kind and owner are live; no more are looked for."""
    values = {"owner": UUIDField().get_db_prep_value(owner.pk, connection)}
    values["now"] = DateTimeField().get_db_prep_value(now, connection)
    return bool(compiled(last_of_live, count, kind).rows(**values))


def too_many_pats(user: User, limit: int) -> ValidationError:
    """What refuses a person another PAT."""
    text = ngettext(
        "%(username)s has %(count)s token, which is the limit: revoke it first.",
        "%(username)s has %(count)s tokens, which is the limit: revoke one first.",
        limit,
    )
    return ValidationError(text, code="too_many_tokens", params={"username": user.username, "count": limit})


def too_many_sats(application: TrustedApplication, limit: int) -> ValidationError:
    """What refuses an application another SAT."""
    text = ngettext(
        "%(application)s has %(count)s service access token, which is the limit: revoke it first.",
        "%(application)s has %(count)s service access tokens, which is the limit: revoke one first.",
        limit,
    )
    return ValidationError(text, code="too_many_tokens", params={"application": application.name, "count": limit})


def last_of_live(count: int, kind: Kind) -> QuerySet[Any, Any]:
    """The last of so many tokens of the `owner` that live `now`, if there are so many."""
    live = tokens_of(kind, Placeholder("owner")).not_ended(Placeholder("now"))
    return live.order_by().values_list(Value(1))[count - 1 : count]


def locked_users(*ids: uuid.UUID | None) -> list[User | None]:
    """The users with these ids, locked in the order of the ids, so that two issuers cannot deadlock; None for none."""
    users = User.objects.select_for_update(no_key=True).filter(pk__in=[pk for pk in ids if pk]).order_by("pk")
    locked = {user.pk: user for user in users}
    return [locked[pk] if pk else None for pk in ids]


def revoke_unseen(
    token_request: TokenRequest, kind: Kind, owner: User | TrustedApplication, actor: Actor, now: datetime
) -> TokenRequest:
    """Revoke the token that the form has issued and nobody saw, where that is asked; returns what to issue instead.

    Only one of this kind and owner: the form's key alone does not say that its person may replace the token. Part of
    the issuing transaction, so that nothing is revoked where nothing is issued. The new token's key follows from the
    old one's, so that asking twice issues one token too.
    """
    if not (token_request.replaces_not_seen and token_request.request_key and actor.user):
        return token_request
    not_seen = tokens_of(kind, owner).filter(issuer=actor.user, request_key=token_request.request_key).first()
    if not_seen is None:
        return token_request
    revoke_token(actor=actor, token_id=not_seen.pk, now=now, reason=Reason(code=ReasonCode.NOT_SEEN))
    return replace(token_request, request_key=uuid.uuid5(token_request.request_key, "again"))


def require_not_issued_yet(issuer: User | None, request_key: uuid.UUID | None, kind: str) -> None:
    """Raise `AlreadyIssued` where a form of this person with this key has issued a token of this kind.

    Raises `ValidationError` where it was of the other kind: that came from another form, which shows nothing here.
    """
    if not (request_key and issuer):
        return
    token = ReferenceToken.objects.filter(issuer=issuer, request_key=request_key).first()
    if token is None:
        return
    if token.kind != kind:
        raise ValidationError(_("This form was used elsewhere. Open it again."), code="used_elsewhere")
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
        hash_key_id=current_hash_key(now),
        hint=token_format.hint(plaintext),
        issued_at=now,
        expires_at=token_request.expires_at,
        request_key=token_request.request_key if issuer else None,
        **chain,
    )
    token.clean_fields(exclude=SET_BY_THE_SERVER)
    insert_row(token)
    keep_lookup_digest(token, plaintext)
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
            code="scope_not_offered",
            params={"application": application.name, "scopes": ", ".join(unknown)},
        )
    return scopes
