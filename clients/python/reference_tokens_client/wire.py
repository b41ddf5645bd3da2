"""What is sent to the service and what its answers mean; how they travel is the business of the two clients."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from reference_tokens_client.refusals import SECONDS_TO_WAIT, NotAllowed, Unavailable
from reference_tokens_client.tokens import Token, is_well_formed, token_of

TIMEOUT = 5.0
IDLE_SECONDS = 5.0
MOST_BYTES = 1_000_000
MOST_AT_ONCE = 100
LONGEST_WAIT = 3600

INTROSPECT, INTROSPECT_MANY, REVOKE = "/oauth/introspect", "/oauth/introspect/batch", "/oauth/revoke"

log = logging.getLogger("reference_tokens_client")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  # by their names in small letters
    body: bytes


class Address(NamedTuple):
    """Where the service is."""

    is_secure: bool
    host: str
    port: int | None
    path: str


def address_of(base_url: str) -> Address:
    """Raises `ValueError` for what is no address of the web, and for one that holds more than host, port and path."""
    parts = urlsplit(base_url)
    is_plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"https", "http"} or not parts.hostname or not is_plain:
        raise ValueError("base_url must be like https://tokens.example.com (or, on one machine, http://localhost:8000)")
    return Address(parts.scheme == "https", parts.hostname, parts.port, parts.path.rstrip("/"))


def headers_of(client_id: str, client_secret: str) -> dict[str, str]:
    """The headers of every request."""
    # RFC 6749 2.3.1: both parts are percent-encoded before they are put together.
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "reference-tokens-client",
    }


def form_of(tokens: Sequence[str]) -> bytes:
    """The body of every request."""
    return urlencode([("token", token) for token in tokens]).encode()


def askable(tokens: Sequence[str]) -> list[list[str]]:
    """Those that could be tokens, in portions that may be asked about at once."""
    formed = [token for token in dict.fromkeys(tokens) if is_well_formed(token)]
    return [formed[start : start + MOST_AT_ONCE] for start in range(0, len(formed), MOST_AT_ONCE)]


def told_of_one(answer: Answer) -> Token | None:
    """The token that an answer to `INTROSPECT` tells of. Raises `Unavailable`."""
    return token_of(_document(answer))


def told_of_many(answer: Answer, tokens: Sequence[str]) -> dict[str, Token | None]:
    """What an answer to `INTROSPECT_MANY` tells of each of these. Raises `Unavailable`."""
    documents = _document(answer)
    if not isinstance(documents, list) or len(documents) != len(tokens):
        raise Unavailable("the answer does not tell of each token")
    return dict(zip(tokens, map(token_of, documents), strict=True))


def require_revoked(answer: Answer) -> None:
    """Raises `NotAllowed` and `Unavailable`."""
    if answer.status == HTTPStatus.BAD_REQUEST and b'"unauthorized_client"' in answer.body:
        raise NotAllowed("this Resource Server may not revoke tokens")
    _document(answer)


def _document(answer: Answer) -> object:
    """The JSON of an answer that is one; raises `Unavailable` for any other, which never says that a token is bad."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unavailable("the service does not accept this client id and secret")
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the service answered {answer.status}", seconds_to_wait(answer))
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Unavailable("the answer is not JSON") from None


def seconds_to_wait(answer: Answer) -> int:
    """What the service asks for in `Retry-After`; it may also name a date, which is left aside."""
    retry_after = answer.headers.get("retry-after")
    told = int(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else SECONDS_TO_WAIT
    return min(told, LONGEST_WAIT)
