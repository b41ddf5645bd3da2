"""Asks a Reference Tokens service whether a token is good. One file, no dependencies: copy it into your API.

    client = Client("https://tokens.example.com", "rs_0123456789abcdef0123", os.environ["REFERENCE_TOKENS_SECRET"])
    try:
        token = client.introspect(presented)
    except Unavailable:
        ...  # 503, with Retry-After: nothing is known about the token; never answer 401
    if token is None:
        ...  # 401: unknown, expired, revoked or mistyped; the service tells no more
    elif "read" not in token.scopes:
        ...  # 403

Nothing is kept between two calls, so that a revoked token is refused at the next request. A client may be shared by
threads; in asynchronous code call it in one (`asyncio.to_thread`, or a dependency that is a plain function).
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

__all__ = ["Client", "Token", "Unavailable", "is_well_formed"]

FORM = re.compile(r"enrt_[0-9A-F]{64}\Z")
MAXIMUM_ANSWER = 1_000_000


class Unavailable(Exception):
    """The service could not tell, whatever the reason: answer 503 and let the caller try again."""


@dataclass(frozen=True)
class Token:
    """A token that is good now, and whom it speaks for."""

    id: str
    kind: str  # "PAT": a person; "SAT": a Trusted Application's System User
    subject: str  # who holds it; never changes, unlike the user name
    username: str
    application: str
    scopes: frozenset[str]
    issued_at: int
    expires_at: int | None  # seconds since 1970; None where it never expires
    claims: dict[str, Any] = field(compare=False, repr=False)  # the answer as it came


def is_well_formed(text: str) -> bool:
    """Whether the text could be a token: `enrt_`, 64 upper-case hexadecimal digits, the last eight a CRC-32."""
    return FORM.match(text) is not None and f"{zlib.crc32(text[:-8].encode('ascii')):08X}" == text[-8:]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials go to the address that they are meant for, and to no other."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


@dataclass(frozen=True)
class Client:
    """A Resource Server: its id and secret come from the Instance Manager or `manage.py create_resource_server`."""

    base_url: str
    client_id: str
    client_secret: str
    timeout: float = 5.0

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in {"https", "http"}:
            raise ValueError("base_url must start with https:// (or, on one machine, http://)")

    def __repr__(self) -> str:
        return f"Client({self.base_url!r}, {self.client_id!r})"

    def introspect(self, token: str) -> Token | None:
        """The token, if it is good now and one of this server's; else None. Raises `Unavailable`.

        A text that cannot be a token is None without a request.
        """
        if not is_well_formed(token):
            return None
        claims = self._ask(token)
        if claims.get("active") is False:
            return None
        if claims.get("active") is not True:
            raise Unavailable("the answer does not say whether the token is active")
        try:
            return Token(
                id=claims["jti"],
                kind=claims["token_kind"],
                subject=claims["sub"],
                username=claims["username"],
                application=claims["client_id"],
                scopes=frozenset(claims["scope"].split()),
                issued_at=claims["iat"],
                expires_at=claims.get("exp"),
                claims=claims,
            )
        except (KeyError, AttributeError) as error:
            raise Unavailable(f"the answer lacks {error}") from None

    def _ask(self, token: str) -> dict[str, Any]:
        # RFC 6749 2.3.1: both parts are percent-encoded before they are put together.
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        address = self.base_url.rstrip("/") + "/oauth/introspect"
        form = urlencode({"token": token}).encode()
        request = urllib.request.Request(address, form, headers)  # noqa: S310 - the address was checked at the start
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=self.timeout) as answer:
                claims = json.loads(answer.read(MAXIMUM_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                raise Unavailable(_explained(error.code)) from None
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"no answer: {error}") from None
        except ValueError:
            raise Unavailable("the answer is not JSON") from None
        if not isinstance(claims, dict):
            raise Unavailable("the answer is not an object")
        return claims


def _explained(status: int) -> str:
    """What a refusal means; never that the token is bad, which is said with 200."""
    if status == http.client.UNAUTHORIZED:
        return "the service does not accept this client id and secret"
    return f"the service answered {status}"
