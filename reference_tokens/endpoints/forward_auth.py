"""Forward auth (contract 4.4): a reverse proxy asks about each request that it is about to pass on.

Only 200 lets the request through, and only for a good token; everything else is 401, 403 or 503, since proxies turn
other answers into server errors, or worse, let them pass. The body, the query, `Host` and `X-Forwarded-*` have no say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.utils import timezone

from accounts.at_hand import settings_at_hand
from accounts.http import client_address
from reference_tokens.endpoints.answers import json_answer
from reference_tokens.endpoints.credentials import MalformedCredential, NoCredential, presented_token
from reference_tokens.endpoints.http import Problem, Refused, machine_endpoint
from reference_tokens.models import Door
from reference_tokens.validation.validate import validate, validate_for_named

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request
    from reference_tokens.validation.callers import Caller
    from reference_tokens.validation.decision import Decision

UNBOUND_PREFIX = "/auth/forward"
BOUND_PREFIX = "/auth/resource/"
CHALLENGE = 'Bearer realm="api"'
ACTIVE = b'{"active": true}'


def challenge(status: int, error: str, parameters: str = "") -> Problem:
    """A refusal with its challenge (RFC 6750 §3)."""
    header = f'{CHALLENGE}, error="{error}"{parameters}' if error else CHALLENGE
    return Problem(status, error or "missing_token", {"WWW-Authenticate": header})


NO_CREDENTIAL = challenge(401, "")
MALFORMED = challenge(401, "invalid_request")
NOT_ACTIVE = challenge(401, "invalid_token")


# Every method that exists or will: what a proxy hands on here is the method of the request it asks about.
@machine_endpoint()
def forward_auth(request: Request) -> Answer:
    """Let the request through if it carries one good token; any method, any path below the prefix."""
    try:
        plaintext = presented_token(request)
    except NoCredential:
        raise Refused(NO_CREDENTIAL) from None
    except MalformedCredential:
        raise Refused(MALFORMED) from None
    server, decision = judged(request, plaintext)
    required = server.required_scopes if server else ()
    if not decision.is_active:
        raise Refused(NOT_ACTIVE)
    if not decision.has_scopes(required):
        raise Refused(challenge(403, "insufficient_scope", f', scope="{" ".join(required)}"'))
    return json_answer(ACTIVE, headers=identity_headers(decision))


def judged(request: Request, plaintext: str) -> tuple[Caller | None, Decision]:
    """The Resource Server that the address names, or None at the unbound address, and the decision for it.

    Refuses where the address names none, or nothing may be asked there.
    """
    now, address, path = timezone.now(), client_address(request), request.path_info
    if path.startswith(BOUND_PREFIX):
        client_id = path.removeprefix(BOUND_PREFIX).partition("/")[0]
        server, decision = validate_for_named(client_id, plaintext, now=now, address=address)
        if server is None:
            raise Refused(NOT_ACTIVE)
        return server, decision
    if not settings_at_hand().UNBOUND_FORWARD_AUTH:
        raise Refused(NOT_ACTIVE)
    return None, validate(plaintext, now=now, door=Door.UNBOUND_FORWARD_AUTH, address=address)


def identity_headers(decision: Decision) -> dict[str, str]:
    """Whom the token speaks for: each header once, never empty, ASCII, so that none of the client's is taken for it."""
    record = decision.good
    return {
        "X-Auth-Subject": str(record.holder.id),
        "X-Auth-Username": quote(record.holder.username, safe=""),
        "X-Auth-Kind": record.kind,
        "X-Auth-Client-Id": record.application_uri,
        "X-Auth-Token-Id": str(record.id),
        "X-Auth-Scope": " ".join(decision.scopes),
        "X-Auth-Expires": str(int(record.expires_at.timestamp())) if record.expires_at else "never",
    }
