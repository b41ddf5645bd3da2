"""The fork between the machine endpoints and the sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reference_tokens.machine_http import NOT_FOUND, problem_answer
from reference_tokens.urls import MACHINE_ENDPOINTS, MACHINE_PREFIXES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class MachineEndpointMiddleware:
    """Answer machine addresses at once: no session, cookie, CSRF, locale, redirect or `Host` check comes near them.

    They authenticate by themselves, and the sites' middleware would cost more than the answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The machine endpoint's answer, or the sites'."""
        path = request.path_info
        if (endpoint := MACHINE_ENDPOINTS.get(path)) is not None:
            return endpoint(request)
        if path.startswith(MACHINE_PREFIXES):
            return problem_answer(NOT_FOUND)
        return self.get_response(request)
