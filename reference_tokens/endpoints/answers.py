"""What a machine address answers: a status, headers and bytes, with what the sites' middleware would have added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from http.client import responses
from types import MappingProxyType
from typing import Any, NamedTuple

from accounts.at_hand import settings_at_hand

STATUS_LINES = {status: f"{status} {phrase}" for status, phrase in responses.items()}
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
JSON = "application/json"
NO_STORE = "no-store"

Headers = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """The answer to one request."""

    status: int
    headers: list[tuple[str, str]] = []  # noqa: RUF012 - never changed
    content: bytes = b""


# To the server alone, which asked whether a caller may send its body.
GO_ON = Answer(HTTPStatus.CONTINUE)


def hardened(
    content: bytes,
    content_type: str,
    status: int = 200,
    headers: Mapping[str, str] = NO_HEADERS,
    cache_control: str = NO_STORE,
) -> Answer:
    """An answer that nothing may sniff or frame, nor store unless it says so."""
    lines = [("Content-Type", content_type)]
    # The length is said here, or the server would send every answer in chunks.
    if status != HTTPStatus.NO_CONTENT:
        lines.append(("Content-Length", str(len(content))))
    given = settings_at_hand()
    lines += hardening(
        cache_control, given.SECURE_HSTS_SECONDS, given.SECURE_HSTS_INCLUDE_SUBDOMAINS, given.SECURE_HSTS_PRELOAD
    )
    lines += headers.items()
    return Answer(status, lines, content)


@cache
def hardening(cache_control: str, hsts_seconds: int, hsts_subdomains: bool, hsts_preload: bool) -> Headers:  # noqa: FBT001 - the key of a cache
    """The headers of every answer; made once, not for each."""
    headers = (
        ("Cache-Control", cache_control),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    )
    if not hsts_seconds:
        return headers
    # As Django's own middleware says it to browsers of the sites (RFC 6797 §6.1).
    directives = [f"max-age={hsts_seconds}"]
    directives += ["includeSubDomains"] * hsts_subdomains + ["preload"] * hsts_preload
    return (*headers, ("Strict-Transport-Security", "; ".join(directives)))


def json_answer(
    content: bytes, status: int = 200, headers: Mapping[str, str] = NO_HEADERS, cache_control: str = NO_STORE
) -> Answer:
    """A JSON answer."""
    return hardened(content, JSON, status, headers, cache_control)


def encoded(document: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """A document as JSON bytes, in ASCII."""
    return json.dumps(document).encode("ascii")
