"""What holds for every page of the sites."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStoreMiddleware:
    """Let no page be stored: it may show what only this person may see (PEO-3, ASVS v5.0.0-14.3.2)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, not to be stored."""
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response
