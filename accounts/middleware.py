"""What holds for every page of the sites."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.views.csrf import csrf_failure


class NoStoreMiddleware:
    """Let no page be stored: it may show what only this person may see (PEO-3, ASVS v5.0.0-14.3.2)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, not to be stored."""
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compress pages, but never the answer to a form.

    It may hold a token beside what somebody typed, and the length of the two compressed together would tell of it
    (BREACH). Pages that are only read hold no secret but the CSRF token, which looks different in each.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The page as it is sent."""
        return super().process_response(request, response) if request.method == "GET" else response


class CrossSiteMiddleware:
    """Refuse a form that another site sends, by what the browser itself says of it (ASVS v5.0.0-3.5.1).

    It stands before the CSRF token, which is asked for all the same: browsers that say nothing are still held to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or 403."""
        if request.method == "POST" and request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site":
            return csrf_failure(request, reason="Sec-Fetch-Site: cross-site")
        return self.get_response(request)
