"""What a request to revoke came to."""

from __future__ import annotations

from typing import Any

from accounts.models import AuditEvent
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import ReferenceToken

NOTHING = b"{}"


def is_empty_200(response: Any) -> bool:
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "no-store"
    return bool(response.content == NOTHING)


def refused(response: Any, status: int, error: str) -> bool:
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    return bool(response.content == b'{"error": "' + error.encode() + b'"}')


def revoked_at(issued: IssuedToken) -> Any:
    return ReferenceToken.objects.get(pk=issued.token.pk).revoked_at


def revocations() -> int:
    return AuditEvent.objects.filter(action__startswith="token:revoke").count()
