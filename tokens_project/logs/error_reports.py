"""What an error report shows, with DEBUG on a page and else in a mail: never what opens anything (T36)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from tokens_project.logs.scrubbing import scrubbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

REMOVED = "[removed]"
# Shorter ones would strike out words of the page, and open nothing.
SHORTEST_SECRET = 8


class ReportFilter(SafeExceptionReporterFilter):
    """Leaves out what views call sensitive, with DEBUG as well."""

    def is_active(self, request: HttpRequest | None) -> bool:  # noqa: ARG002 - Django calls it so
        """Always: a page with DEBUG on is copied into a ticket as any other."""
        return True


class ScrubbingReporter(ExceptionReporter):
    """Strikes tokens, secrets, sessions, CSRF values and passwords out of the finished report, wherever they stand."""

    def get_traceback_html(self) -> SafeString:
        """The page."""
        return self.struck_out(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        """The same as text."""
        return self.struck_out(super().get_traceback_text())

    def struck_out(self, report: str) -> SafeString:
        """The report without what this request was let in by."""
        for secret in secrets_of(self.request) if self.request else ():
            report = report.replace(secret, REMOVED)
        # Rendered, and so escaped, before anything was struck out.
        return mark_safe(scrubbed(report))  # noqa: S308 - Django escaped the report


class NotFoundMiddleware:
    """With DEBUG, Django's own page of a wrong address repeats it, and is no report: strike out what opens anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            response.content = scrubbed(response.content.decode())
            response.headers["Content-Length"] = str(len(response.content))
        return response


def secrets_of(request: HttpRequest) -> list[str]:
    """The values by which this request, or its browser, is let in; the longest first."""
    values = {request.META.get("CSRF_COOKIE", ""), request.META.get("HTTP_X_CSRFTOKEN", "")}
    values.update(request.COOKIES.get(name, "") for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME))
    values.add(getattr(getattr(request, "session", None), "session_key", None) or "")
    values.update(request.META.get("HTTP_AUTHORIZATION", "").split())
    values.update(value for name, value in request.POST.items() if is_secret(name) and isinstance(value, str))
    return sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what lets somebody in."""
    return any(word in name for word in ("csrf", "password", "code", "secret", "token", "credential"))
