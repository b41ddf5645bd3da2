"""The machine endpoints (contract §4): each reads a request, asks `validation.validate`, and answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.at_hand import settings_at_hand
from accounts.audit.record import Actor, Source
from accounts.http import client_address
from accounts.text.reasons import Reason
from reference_tokens.endpoints.answers import GO_ON, Answer, encoded, json_answer
from reference_tokens.endpoints.http import (
    ACT_SECONDS,
    INVALID_CLIENT,
    INVALID_REQUEST,
    NOT_FOUND,
    UNAUTHORIZED_CLIENT,
    Refused,
    client_credentials,
    form_fields,
    machine_endpoint,
    only_value,
)
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.models import Door
from reference_tokens.validation import callers as resource_servers
from reference_tokens.validation.many import validate_many
from reference_tokens.validation.noting import note_refused_caller
from reference_tokens.validation.validate import judge, validate_for_client

if TYPE_CHECKING:
    from reference_tokens.endpoints.requests import Request
    from reference_tokens.validation.callers import Caller
    from reference_tokens.validation.decision import Decision

# Those where a caller is asked for before its body.
DOORS = {
    "/oauth/introspect": Door.INTROSPECTION,
    "/oauth/introspect/batch": Door.INTROSPECTION,
    "/oauth/revoke": Door.REVOCATION,
}
# So many tokens may be asked about at once, in a form of not many more fields.
MOST_TOKENS, FIELDS_BESIDE = 100, 10
INACTIVE = b'{"active": false}'


@machine_endpoint("POST")
def introspect(request: Request) -> Answer:
    """Tell a Resource Server whether a token is good, whom it speaks for and what it may do (RFC 7662 §2)."""
    fields = form_fields(request)
    client_id, secret = client_credentials(request, fields)
    try:
        plaintext = only_value(fields, "token")
    except Refused:
        # A caller that is none hears that first.
        authenticated(request, fields, Door.INTROSPECTION)
        raise
    caller, decision = validate_for_client(client_id, secret, plaintext, now=timezone.now(), request=request)
    if caller is None:
        raise Refused(INVALID_CLIENT, client_id=client_id)
    return json_answer(encoded(introspection(decision, caller)) if decision.is_active else INACTIVE)


@machine_endpoint("POST")
def introspect_many(request: Request) -> Answer:
    """Tell a Resource Server of up to 100 tokens what `introspect` tells of each, as an array in their order."""
    fields = form_fields(request, most=MOST_TOKENS + FIELDS_BESIDE)
    caller = authenticated(request, fields, Door.INTROSPECTION)
    tokens = fields.get("token", [])
    if not (0 < len(tokens) <= MOST_TOKENS and all(tokens)):
        raise Refused(INVALID_REQUEST)
    decisions = validate_many(tokens, now=timezone.now(), server=caller)
    return json_answer(
        encoded([introspection(one, caller) if one.is_active else {"active": False} for one in decisions])
    )


@machine_endpoint("POST", patience=ACT_SECONDS)
def revoke(request: Request) -> Answer:
    """Let a Resource Server with that right revoke a token of its applications, and old values (RFC 7009 §2.1).

    The answer is the same for a token that is revoked now, was before, is unknown, or is not the server's to revoke.
    """
    fields = form_fields(request)
    caller = authenticated(request, fields, Door.REVOCATION)
    if not caller.may_revoke:
        raise Refused(UNAUTHORIZED_CLIENT)
    now = timezone.now()
    record = judge(only_value(fields, "token"), now=now, server=caller).record
    if record is not None and record.is_for_server:
        actor = Actor(Source.API, "resource_server", caller.client_id, address=client_address(request))
        revoke_with_old_values(actor=actor, token_id=record.id, now=now, reason=Reason(code=ReasonCode.RESOURCE_SERVER))
    return json_answer(b"{}")


@machine_endpoint()
def head_of_a_caller(request: Request) -> Answer:
    """Refuse a caller that authenticates by header and is none, before the body is read; else say 100."""
    authenticated(request, {}, DOORS[request.path_info])
    return GO_ON


def authenticated(request: Request, fields: dict[str, list[str]], door: Door) -> Caller:
    """The Resource Server that asks; refuses any other caller."""
    client_id, secret = client_credentials(request, fields)
    noted = partial(note_refused_caller, now=timezone.now(), door=door, address=client_address(request))
    caller = resource_servers.authenticate(client_id, secret, noted)
    if caller is None:
        raise Refused(INVALID_CLIENT, client_id=client_id)
    return caller


@machine_endpoint()
def not_found(_request: Request) -> Answer:
    """No such machine address."""
    raise Refused(NOT_FOUND)


def introspection(decision: Decision, caller: Caller) -> dict[str, Any]:
    """The members of RFC 7662 §2.2 for a good token; its holder's profile only where the server may have it."""
    record = decision.good
    holder = record.holder
    issued_at = int(record.issued_at.timestamp())
    document: dict[str, Any] = {
        "active": True,
        "token_type": "Bearer",
        "scope": " ".join(decision.scopes),
        "client_id": record.application_uri,
        "sub": str(holder.id),
        "username": holder.username,
        "iss": settings_at_hand().BASE_URL,
        "iat": issued_at,
        "nbf": issued_at,
        "jti": str(record.id),
        "token_kind": record.kind,
    }
    if record.expires_at is not None:
        document["exp"] = int(record.expires_at.timestamp())
    if caller.shares_profile:
        document["name"] = holder.name
        document["email"] = holder.email
        document["groups"] = list(record.groups)
        document["administrator"] = holder.is_administrator
    return document
