"""The page for what cannot be done now, whoever asks: 503, with the time after which to try again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import django.db
from django.http import HttpResponse, HttpResponseBadRequest, UnreadablePostError
from django.template.loader import render_to_string
from django.views.defaults import server_error as fault_of_ours

from accounts.context import interface

if TYPE_CHECKING:
    from django.http import HttpRequest

# What a value makes of a statement, and so a fault of ours; every other error of a database is its own.
OUR_FAULTS = (django.db.DataError, django.db.IntegrityError)
DATABASE_SECONDS = 5


def unavailable(request: HttpRequest, *, seconds: int, is_busy: bool = False) -> HttpResponse:
    """The page; `is_busy` says that others are before whoever asks, rather than that something is missing."""
    # Made without the request: no processor of its context may ask for what cannot be reached.
    page = render_to_string("503.html", {**interface(request), "is_busy": is_busy})
    return HttpResponse(page, status=503, headers={"Retry-After": str(seconds)})


def is_the_databases(error: BaseException | None) -> bool:
    """Whether the database cannot do it: it is away, read-only, full, locked, or takes no more connections."""
    return isinstance(error, django.db.Error) and not isinstance(error, OUR_FAULTS)


def server_error(request: HttpRequest) -> HttpResponse:
    """What answers an exception that nothing else took, wherever it was raised: in middleware as well.

    503 where the database cannot do it; 400 where the client went away while it was still sending; 500 for a fault of
    ours.
    """
    error = sys.exception()
    if isinstance(error, UnreadablePostError):
        return HttpResponseBadRequest()
    if is_the_databases(error):
        return unavailable(request, seconds=DATABASE_SECONDS)
    return fault_of_ours(request)
