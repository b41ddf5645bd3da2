"""`/api/token` (contract 4.5): whoever holds a token asks about it, or revokes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.audit import Actor, Source
from accounts.http import client_address
from reference_tokens.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.forward_auth import CHALLENGE, NO_CREDENTIAL, challenge
from reference_tokens.machine_http import (
    INVALID_REQUEST,
    Refused,
    encoded,
    json_answer,
    machine_endpoint,
)
from reference_tokens.models import ReferenceToken
from reference_tokens.refusal_words import WHY
from reference_tokens.revocation import revoke_token
from reference_tokens.validation import validate

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from reference_tokens.decision import Decision, Inactive


@machine_endpoint("GET", "HEAD", "DELETE")
def token_self(request: HttpRequest) -> HttpResponse:
    """What is known of the presented token; DELETE revokes it."""
    now = timezone.now()
    try:
        decision = validate(presented_token(request), now=now, address=client_address(request))
    except NoCredential:
        raise Refused(NO_CREDENTIAL) from None
    except MalformedCredential:
        raise Refused(INVALID_REQUEST) from None
    if decision.inactive:
        return inactive_answer(decision.inactive)
    if request.method == "DELETE":
        token_id = str(decision.good.id)
        actor = Actor(Source.API, "token", token_id, address=client_address(request))
        revoke_token(actor=actor, token_id=decision.good.id, now=now, reason="Revoked by whoever held it")
        return json_answer(b"", 204)
    return json_answer(encoded(description(decision)))


def inactive_answer(reason: Inactive) -> HttpResponse:
    """401 with the reason in words (RFC 6750 §3.1)."""
    problem = challenge(401, "invalid_token")
    content = encoded({"error": problem.error, "error_description": WHY[reason]})
    header = f'{CHALLENGE}, error="invalid_token", error_description="{WHY[reason]}"'
    return json_answer(content, problem.status, {"WWW-Authenticate": header})


def description(decision: Decision) -> dict[str, Any]:
    """The token as its holder sees it; times are ISO 8601 in UTC, null where there is none."""
    record = decision.good
    token = ReferenceToken.objects.select_related("application").get(pk=record.id)
    return {
        "id": str(record.id),
        "kind": record.kind,
        "application": record.application_uri,
        "application_name": token.application.name,
        "description": token.description,
        "scopes": list(decision.scopes),
        "issued_at": iso(record.issued_at),
        "expires_at": iso(record.expires_at),
        "last_used_at": iso(record.last_used_at),
        "username": record.holder.username,
        "status": "active",
    }


def iso(instant: datetime | None) -> str | None:
    """An instant as text."""
    return instant.isoformat() if instant else None
