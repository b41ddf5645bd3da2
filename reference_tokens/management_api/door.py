"""The way of every request to the management API: its caller, its rate, its call, and what is said of every failure.

No session, cookie, CSRF, redirect or `Host` check is on it, as at the machine addresses.
"""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import django.db
from django.core.exceptions import ObjectDoesNotExist, TooManyFieldsSent, ValidationError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.urls import Resolver404, resolve

from accounts.audit.queries import has_done_nothing_lately
from accounts.database.deadlines import with_deadline
from accounts.database.replica import lists_may_be_behind
from accounts.database.statement_time import TakesTooLong, statements_within
from accounts.forms.versions import ChangedMeanwhile
from accounts.headers.request_ids import HEADER, request_id_of
from accounts.limits.concurrency import Busy
from reference_tokens.endpoints import application
from reference_tokens.endpoints.answers import STATUS_LINES, hardened
from reference_tokens.endpoints.http import ACT_SECONDS
from reference_tokens.management_api import addresses
from reference_tokens.management_api.authentication import caller_of
from reference_tokens.management_api.openapi import calls_that_read, media_types_at, needs_at, queries_at
from reference_tokens.management_api.preconditions import changed_meanwhile
from reference_tokens.management_api.problems import (
    Problem,
    invalid,
    not_found,
    refused_by_rules,
    unavailable,
    wrong_method,
)
from reference_tokens.management_api.rates import count_request
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.writing import write
from reference_tokens.token_values.key_ring import KeyRingIncomplete
from trusted_apps.built_in import API_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse

    from django.urls import ResolverMatch

logger = logging.getLogger(__name__)

# So long the statements of a call that reads may take in total.
READING_SECONDS = 2.0


def management_api(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """A WSGI application."""
    application.refresh_connection()
    request = Request(environ)
    response = with_deadline(ACT_SECONDS, answer, request)
    said = hardened(response.content, response["Content-Type"], response.status_code, headers_of(request, response))
    if said.status >= HTTPStatus.BAD_REQUEST:
        application.tell_of_refusal(said, request.path_info)
    start_response(STATUS_LINES[said.status], said.headers)
    return (said.content if request.wants_content else b"",)


def headers_of(request: Request, response: HttpResponse) -> dict[str, str]:
    """The answer's own headers, with the rate of its token, whatever became of it, and the id of the request."""
    own = {name: value for name, value in response.items() if name not in {"Content-Type", "Content-Length"}}
    return own | request.rate | {HEADER: request_id_of(request.META)}


def answer(request: Request) -> HttpResponse:  # noqa: PLR0911 - one line for each failure
    """The answer; whatever fails lets nobody in, does nothing, and is said as a problem."""
    try:
        return answer_of(request)
    except Problem as problem:
        return problem.response
    except ValidationError as refused:
        return refused_by_rules(refused).response
    except ChangedMeanwhile as changed:
        return changed_meanwhile(changed).response
    except (Http404, ObjectDoesNotExist):
        return not_found().response
    except UnreadablePostError:
        # The client went away while it was still sending: nobody reads the answer.
        return Problem(HTTPStatus.BAD_REQUEST, "The body did not arrive.").response
    except Busy:
        return unavailable("Too much is under way: try again.").response
    except TakesTooLong:
        return unavailable("This takes too long: narrow it down.").response
    except (django.db.Error, KeyRingIncomplete):
        logger.exception("%s cannot be answered", request.path_info)
        return unavailable().response
    except Exception:
        logger.exception("%s failed", request.path_info)
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This is a fault of the service; its log says more.").response


def answer_of(request: Request) -> HttpResponse:
    """The answer of the call that is asked for."""
    match = call_at(request.path_info)
    if match.url_name == addresses.OPENAPI:
        return called(match, request)
    request.caller = caller_of(request)
    request.rate = count_request(request.caller.token_id)
    return limited(match, request)


def call_at(path: str) -> ResolverMatch:
    """The call at this path; raises `Problem` 404, also for NUL, which PostgreSQL takes in no name."""
    if "\0" in path:
        raise not_found()
    try:
        return resolve(path, addresses.__name__)
    except Resolver404:
        raise not_found() from None


def limited(match: ResolverMatch, request: Request) -> HttpResponse:
    """What reads gets so much time of the database; what writes is one transaction."""
    require_known(match, request)
    # Before the body is read, and before an answer is repeated: another token of the holder may do less.
    needs_at(match.route, request.method or "")(request)
    if request.method != "GET":
        request.read_body(media_types_at(match.route, request.method or ""))
    if request.method in calls_that_read(match.route):
        nothing_done = partial(has_done_nothing_lately, API_TOKEN, str(request.caller.token_id), request.caller.now)
        with statements_within(READING_SECONDS), lists_may_be_behind(nothing_done):
            return called(match, request)
    return write(request, lambda: called(match, request))


def require_known(match: ResolverMatch, request: Request) -> None:
    """Raise `Problem` for what the address does not have: 405 for a method, 422 for a parameter, or for a thousand.

    A parameter that is mistyped would be left out, and the call do another thing than was meant.
    """
    queries = queries_at(match.route)
    if request.method not in queries:
        raise wrong_method(queries)
    try:
        given = set(request.GET)
    except TooManyFieldsSent:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The address has too many parameters.") from None
    if unknown := sorted(given - queries[request.method]):
        raise invalid([{"parameter": name, "detail": "There is no such parameter."} for name in unknown])


def called(match: ResolverMatch, request: Request) -> HttpResponse:
    """The answer of the call."""
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response
