"""The fork between the machine endpoints and the sites, in front of Django's handler."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any

from accounts.at_hand import connection_at_hand
from accounts.headers.request_ids import ARRIVED_AT, GIVEN, HEADER, current, request_id_of
from reference_tokens.endpoints.answers import GO_ON, STATUS_LINES, Answer
from reference_tokens.endpoints.requests import Request, path_of
from reference_tokens.endpoints.routes import head_check, machine_view

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

# Where Django tells of every answer that is a refusal.
logger = logging.getLogger("django.request")

# The server asks so where the body of a request is slow to arrive (AVA-2); 100 tells it to wait for the body.
HEAD_ONLY = "reference_tokens.head_only"
FIRST_REFUSAL, FIRST_FAULT = 400, 500


class MachineAddresses:
    """A WSGI application that answers machine addresses and hands everything else on to the sites.

    No session, cookie, CSRF, locale, redirect or `Host` check comes near a machine address: it authenticates by itself,
    and Django's handler alone would cost as much as the answer.
    """

    def __init__(self, sites: WSGIApplication) -> None:
        self.sites = sites

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The machine endpoint's answer, or the sites'."""
        current.environ = environ
        current.began = environ[ARRIVED_AT] if ARRIVED_AT in environ else monotonic()
        path = path_of(environ)
        if HEAD_ONLY in environ:
            view = head_check(path) or go_on
        elif (found := machine_view(path)) is None:
            return self.sites(environ, start_response)
        else:
            view = found
        refresh_connection()
        answer = view(Request(environ, path))
        if answer.status >= FIRST_REFUSAL:
            tell_of_refusal(answer, path)
        headers = answer.headers
        if GIVEN in environ or answer.status >= FIRST_FAULT:
            headers = [*headers, (HEADER, request_id_of(environ))]
        start_response(STATUS_LINES[answer.status], headers)
        # What the event loop logs next is of no request.
        current.environ = None
        return (answer.content,)


def refresh_connection() -> None:
    """As Django at the start of a request: leave a connection that failed, and what DEBUG kept of the last request."""
    connection = connection_at_hand()
    connection.close_if_unusable_or_obsolete()
    connection.queries_log.clear()


def go_on(_request: Request) -> Answer:
    """Nobody is asked for before the body is there."""
    return GO_ON


def tell_of_refusal(answer: Answer, path: str) -> None:
    """One line, as Django writes it of the sites' answers; once a minute for each status."""
    level = logging.ERROR if answer.status >= FIRST_FAULT else logging.WARNING
    phrase = STATUS_LINES[answer.status].partition(" ")[2]
    shown = path.encode("unicode_escape").decode("ascii")
    logger.log(level, "%s: %s", phrase, shown, extra={"status_code": answer.status})
