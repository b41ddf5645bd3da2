"""A token that is good now."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_tokens_client.refusals import Refused, Unavailable

FORM = re.compile(r"enrt_[0-9A-F]{64}\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is good now, and whom it speaks for."""

    id: str
    kind: str  # "PAT": a person; "SAT": a Trusted Application's System User
    subject: str  # who holds it; never changes, unlike the user name
    username: str
    application: str  # the URI of the Trusted Application: `client_id` in RFC 7662
    scopes: frozenset[str]
    expires_at: int | None  # seconds since 1970; None where it never expires
    issued_at: int | None = None  # seconds since 1970; a proxy does not tell it
    claims: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)  # the answer as it came


def is_well_formed(text: str) -> bool:
    """Whether the text could be a token: `enrt_`, 64 upper-case hexadecimal digits, the last eight a CRC-32."""
    return FORM.match(text) is not None and f"{zlib.crc32(text[:-8].encode('ascii')):08X}" == text[-8:]


def token_of(claims: object) -> Token | None:
    """The token that an answer of introspection tells of; None where it is not active.

    Raises `Unavailable` where the answer is not one that the service gives.
    """
    if not isinstance(claims, dict):
        raise Unavailable("the answer is not an object")
    match claims:
        case {"active": False}:
            return None
        case {
            "active": True,
            "jti": str(token_id),
            "token_kind": str(kind),
            "sub": str(subject),
            "username": str(username),
            "client_id": str(application),
            "scope": str(scope),
            "iat": int(issued_at),
        } if isinstance(expires_at := claims.get("exp"), int | None):
            scopes = frozenset(scope.split())
            return Token(token_id, kind, subject, username, application, scopes, expires_at, issued_at, claims)
    raise Unavailable("the answer does not say what is known about the token")


def allowed(token: Token | None, required: str | Iterable[str]) -> Token:
    """The token, if it is good and has every required scope; a text holds scopes separated by spaces.

    Raises `Refused`.
    """
    if token is None:
        raise Refused(401, "invalid_token")
    scopes = required.split() if isinstance(required, str) else list(required)
    if not token.scopes.issuperset(scopes):
        raise Refused(403, "insufficient_scope", " ".join(scopes))
    return token
