"""The page for a request that fails for now: 503, with the time after which to try again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import django.db
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseServerError, UnreadablePostError
from django.template.loader import render_to_string

from accounts.pages.context import interface

if TYPE_CHECKING:
    from django.http import HttpRequest

# Errors of a value in a statement, which are faults of ours; every other error is the database's own.
OUR_FAULTS = (django.db.DataError, django.db.IntegrityError)
DATABASE_SECONDS = 5


def unavailable(request: HttpRequest, *, seconds: int, is_busy: bool = False) -> HttpResponse:
    """The page; `is_busy` says that others come first, rather than that something is missing."""
    # Rendered without the request: a context processor might need the very thing that cannot be reached.
    page = render_to_string("503.html", {**interface(request), "is_busy": is_busy})
    return HttpResponse(page, status=503, headers={"Retry-After": str(seconds)})


def takes_too_long(request: HttpRequest) -> HttpResponse:
    """The page in place of one that reads more than it may; it does not help to try that again."""
    return HttpResponse(render_to_string("503.html", {**interface(request), "takes_too_long": True}), status=503)


def is_the_databases(error: BaseException | None) -> bool:
    """Whether the database fails: it is away, read-only, full, locked, or takes no more connections."""
    return isinstance(error, django.db.Error) and not isinstance(error, OUR_FAULTS)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an unhandled exception, of middleware too.

    503 where the database fails; 400 where the client went away while it was still sending; 500 for a fault of ours.
    """
    error = sys.exception()
    if isinstance(error, UnreadablePostError):
        return HttpResponseBadRequest()
    if is_the_databases(error):
        return unavailable(request, seconds=DATABASE_SECONDS)
    return HttpResponseServerError(render_to_string("500.html", interface(request)))
