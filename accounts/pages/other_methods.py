"""A method that no page takes is refused as such, whoever sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

TAKEN_BY_PAGES = ("GET", "HEAD", "POST")
# Changes nothing (RFC 9110 §9.2.1); a page refuses it by naming the methods that it takes.
ASKS_FOR_METHODS = "OPTIONS"


class OtherMethodsMiddleware:
    """Answer 405 to a method that no page takes, where Django would ask for the token of a form first (403)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """The refusal of the page itself; it is never called with the method that was sent."""
        if request.method in TAKEN_BY_PAGES:
            return None
        request.method = ASKS_FOR_METHODS
        return view(request, *args, **kwargs)
