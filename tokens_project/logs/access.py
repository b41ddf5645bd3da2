"""The access log, where `ACCESS_LOG` is on: a line for each request, with its path, never with a query or a token."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from accounts.headers.request_ids import ARRIVED_AT, request_id_of
from accounts.http import client_address
from reference_tokens.endpoints.answers import GO_ON
from reference_tokens.endpoints.forward_auth import BOUND_PREFIX
from reference_tokens.endpoints.http import Refused, basic_credentials
from reference_tokens.endpoints.requests import FORM, path_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

logger = logging.getLogger("access")

# The addresses where a Resource Server says who it is; at forward auth it stands in the path.
OF_RESOURCE_SERVERS = "/oauth/"
# What this service calls one; nothing else that somebody types in its place is written.
CLIENT_ID = re.compile(r"rs_[A-Za-z0-9_-]{1,37}")


class Answered:
    """The parts of an answer, and the line that is written once the last one is sent."""

    def __init__(self, parts: Iterable[bytes], tell: Callable[[int], None]) -> None:
        self._parts, self._tell = parts, tell
        self._bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._bytes += len(part)
            yield part

    def close(self) -> None:
        """End the answer, as the server does whatever became of it."""
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            self._tell(self._bytes)


def logged(application: WSGIApplication) -> WSGIApplication:
    """The application, each of whose answers is logged.

    What the server answers by itself, before the application is asked, is not: requests that nobody can read, and those
    for which there is no room.
    """

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        began = environ.get(ARRIVED_AT) or time.monotonic()
        statuses: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return start_response(status, headers, *error)

        parts = application(environ, start)
        if statuses == [GO_ON.status]:
            # No answer yet: the server only asked whether it shall wait for the body.
            return parts
        return Answered(parts, lambda size: tell(environ, statuses[-1], size, began))

    return answer


def tell(environ: dict[str, Any], status: int, size: int, began: float) -> None:
    """Write the line of a request."""
    took = (time.monotonic() - began) * 1000
    facts = {
        "request_id": request_id_of(environ),
        "client_address": client_address(SimpleNamespace(META=environ)),
        "resource_server": resource_server(environ),
        "method": environ["REQUEST_METHOD"],
        # In percents, so that it is one word.
        "path": quote(path_of(environ), safe="/:@!$&'()*+,;=~"),
        "status": status,
        "milliseconds": round(took, 3),
        "bytes": size,
    }
    words = [facts[name] or "-" for name in ("client_address", "resource_server", "method", "path", "status")]
    logger.info("%s %s %s %s %s %.1fms %d", *words, took, size, extra=facts)


def resource_server(environ: dict[str, Any]) -> str:
    """The id by which a Resource Server says who it is, whose status tells whether it is; empty where none is named."""
    path = path_of(environ)
    if path.startswith(BOUND_PREFIX):
        named = path.removeprefix(BOUND_PREFIX).partition("/")[0]
    elif path.startswith(OF_RESOURCE_SERVERS):
        named = id_in_header(environ) or id_in_form(environ)
    else:
        named = ""
    return named if CLIENT_ID.fullmatch(named) else ""


def id_in_header(environ: dict[str, Any]) -> str:
    """The id of a Basic header; empty where there is none."""
    try:
        return basic_credentials(environ.get("HTTP_AUTHORIZATION", ""))[0]
    except Refused:
        return ""


def id_in_form(environ: dict[str, Any]) -> str:
    """The `client_id` of a form, which the server has in memory; empty where there is none."""
    body = environ["wsgi.input"]
    if environ.get("CONTENT_TYPE") != FORM or not hasattr(body, "getvalue"):
        return ""
    return next(iter(parse_qs(body.getvalue().decode("latin-1")).get("client_id", ())), "")
