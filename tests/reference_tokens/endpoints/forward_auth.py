"""Asking forward auth, and its challenge."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken

UNBOUND = "/auth/forward"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "QUERY", "lower")
TAILS = ("", "/", "/a/b", "/a%20b?c=d", "//", "/../x", "/%2e%2e/%00%ff", "/;x=y", "/é")
NO_CREDENTIAL = 'Bearer realm="api"'
INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'
INVALID_REQUEST = 'Bearer realm="api", error="invalid_request"'
IDENTITY = (
    "X-Auth-Subject",
    "X-Auth-Username",
    "X-Auth-Kind",
    "X-Auth-Client-Id",
    "X-Auth-Token-Id",
    "X-Auth-Scope",
    "X-Auth-Expires",
)

# One for all: each loads the middleware anew, and no machine address sets a cookie.
CLIENT = Client()


def ask(path: str, token: str = "", method: str = "GET", **headers: str) -> Any:
    """Ask as a proxy does; `headers` are written with underscores."""
    if token:
        headers["authorization"] = f"Bearer {token}"
    return CLIENT.generic(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def challenge_of(response: Any) -> str:
    """The challenge of a 401, which carries nothing about anybody."""
    assert response.status_code == 401
    assert not set(IDENTITY) & set(response.headers)
    return str(response.headers["WWW-Authenticate"])


def make_revoked(token: ReferenceToken) -> None:
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
