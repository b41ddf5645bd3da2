"""The fork between the machine endpoints and the sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpResponse

from reference_tokens.endpoints.routes import head_check, machine_view

if TYPE_CHECKING:
    from django.http import HttpRequest

# The server asks so where the body of a request is slow to arrive (AVA-2); 100 tells it to wait for the body.
HEAD_ONLY = "reference_tokens.head_only"
GO_ON = 100


class MachineEndpointMiddleware:
    """Answer machine addresses at once: no session, cookie, CSRF, locale, redirect or `Host` check comes near them.

    They authenticate by themselves, and the sites' middleware would cost more than the answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The machine endpoint's answer, or the sites'."""
        if HEAD_ONLY in request.META:
            check = head_check(request.path_info)
            return check(request) if check else HttpResponse(status=GO_ON)
        view = machine_view(request.path_info)
        return view(request) if view else self.get_response(request)
