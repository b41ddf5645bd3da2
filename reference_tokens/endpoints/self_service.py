"""`/api/token` (contract 4.5): the holder of a token asks about it, or revokes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.http import client_address
from accounts.text.reasons import Reason
from reference_tokens.endpoints.answers import encoded, json_answer
from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.endpoints.forward_auth import CHALLENGE, NO_CREDENTIAL, challenge
from reference_tokens.endpoints.http import (
    ACT_SECONDS,
    INVALID_REQUEST,
    Refused,
    machine_endpoint,
)
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.revocation import revoke_with_old_values
from reference_tokens.models import Door, ReferenceToken
from reference_tokens.validation.reasons import WHY
from reference_tokens.validation.validate import validate

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request
    from reference_tokens.validation.decision import Decision, Inactive


@machine_endpoint("GET", "HEAD", "DELETE", patience=ACT_SECONDS)
def token_self(request: Request) -> Answer:
    """What is known of the presented token; DELETE revokes it, with the old values of the newest of a chain."""
    now = timezone.now()
    address = client_address(request)
    decision = validate(the_token_presented(request), now=now, door=Door.TOKEN_ITSELF, address=address)
    if decision.inactive:
        return inactive_answer(decision.inactive)
    if request.method == "DELETE":
        token_id = str(decision.good.id)
        actor = Actor(Source.API, "token", token_id, address=address)
        revoke_with_old_values(
            actor=actor, token_id=decision.good.id, now=now, reason=Reason(code=ReasonCode.TOKEN_ITSELF)
        )
        return json_answer(b"", 204)
    token = ReferenceToken.objects.select_related("application", "use").get(pk=decision.good.id)
    return json_answer(encoded(description(token, decision)))


def the_token_presented(request: Request) -> str:
    """The text presented as a token; raises `Refused`: 401 for none, 400 for several or one that cannot be read."""
    try:
        return presented_token(request)
    except NoCredential:
        raise Refused(NO_CREDENTIAL) from None
    except MalformedCredential:
        raise Refused(INVALID_REQUEST) from None


def inactive_answer(reason: Inactive) -> Answer:
    """401 with the reason in words (RFC 6750 §3.1)."""
    problem = challenge(401, "invalid_token")
    content = encoded({"error": problem.error, "error_description": WHY[reason]})
    header = f'{CHALLENGE}, error="invalid_token", error_description="{WHY[reason]}"'
    return json_answer(content, problem.status, {"WWW-Authenticate": header})


def description(token: ReferenceToken, decision: Decision) -> dict[str, Any]:
    """The token as its holder sees it, given a good decision on it or on the one that it replaces.

    Times are ISO 8601 in UTC, null where there is none.
    """
    application = token.application
    return {
        "id": str(token.pk),
        "kind": str(token.kind),
        "application": application.application_uri,
        "application_name": application.name,
        "description": token.description,
        "scopes": [scope for scope in token.scopes if scope in application.scopes],
        "issued_at": iso(token.issued_at),
        "expires_at": iso(token.expires_at),
        "last_used_at": iso(token.last_used_at),
        "username": decision.good.holder.username,
        "status": "active",
    }


def iso(instant: datetime | None) -> str | None:
    """An instant as text."""
    return instant.isoformat() if instant else None
