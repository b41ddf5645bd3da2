"""Middleware of every page of the sites."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.addresses import address_of
from accounts.database.statement_time import TakesTooLong, statement_time, statements_within
from accounts.headers.request_ids import HEADER, request_id_of
from accounts.http import SignedInRequest, is_this_machine
from accounts.limits.concurrency import Busy
from accounts.limits.rates import CannotCount, TooManyAttempts
from accounts.pages.context import interface
from accounts.pages.error_pages import csrf_failure, error_page
from accounts.pages.language import in_language
from accounts.pages.unavailable import DATABASE_SECONDS, is_the_databases, takes_too_long, unavailable
from accounts.sessions.devices import note_seen
from accounts.sessions.record import SIGNED_IN_AT, is_too_old, record_limited_attempts
from accounts.text.instants import zone_named
from accounts.text.languages import spoken

logger = logging.getLogger(__name__)

MOST_OF_A_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
LONGEST_LENGTH = 10
SAFE_METHODS = ("GET", "HEAD")
# So long the statements of a page may take in total; a list gives up before, and says so in its place.
PAGE_SECONDS = 2.0
# The log writes lines with this attribute once a minute for each value, with a count.
ONCE_A_MINUTE = "once_a_minute"


class RequestIdMiddleware:
    """Answer with the id of the request, by which its log lines and audit entries are found."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer with the id."""
        response = self.get_response(request)
        response.headers[HEADER] = request_id_of(request.META)
        return response


class NoStoreMiddleware:
    """Let no page be stored: it may show what only this person may see (PEO-3, ASVS v5.0.0-14.3.2)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, not to be stored."""
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class TemporaryRedirectMiddleware:
    """Make every redirect temporary: browsers keep a permanent one even after the setting behind it has changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; 302 in place of the 301 with which Django redirects to https and to the slash of a path."""
        response = self.get_response(request)
        if response.status_code == HTTPStatus.MOVED_PERMANENTLY:
            response.status_code = HTTPStatus.FOUND
        return response


class LoopbackNameMiddleware:
    """Answer a request for another name of this machine with the right address: 400, as for every foreign host.

    http://127.0.0.1 and http://localhost are two sites for a browser: a session of one is none of the other, and
    passkeys work on a name only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or the page that names the address."""
        if settings.IS_PRODUCTION or not asks_by_another_name(request):
            return self.get_response(request)
        context = {**interface(request), "address": settings.BASE_URL}
        return HttpResponse(render_to_string("400_loopback.html", context), status=HTTPStatus.BAD_REQUEST)


def asks_by_another_name(request: HttpRequest) -> bool:
    """Whether the request names this machine, but not by the host of the service."""
    try:
        request.get_host()
    except DisallowedHost:
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        return is_this_machine(host)
    return False


class BodyMiddleware:
    """Refuse bodies that no page takes (AVA-5) before they are read: files, more than 64 KB, and no length.

    Views parse it, and what looks at a request right before its view; middleware above this one reads none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; or 415, 413 or 411."""
        status = refusal_of_body(request)
        if status is None:
            return self.get_response(request)
        template = "415.html" if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE else "413.html"
        return error_page(request, template, status=status, context={"kilobytes": MOST_OF_A_BODY // 1024})


def refusal_of_body(request: HttpRequest) -> HTTPStatus | None:
    """The status that refuses the body; None where it is taken."""
    if (request.content_type or "").startswith("multipart/"):
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    length = request.META.get("CONTENT_LENGTH", "")
    if not length:
        return HTTPStatus.LENGTH_REQUIRED if "HTTP_TRANSFER_ENCODING" in request.META else None
    # Python reads no number of more than 4,300 digits, so the check of its own length comes first.
    is_taken = length.isdecimal() and len(length) <= LONGEST_LENGTH and int(length) <= MOST_OF_A_BODY
    return None if is_taken else HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class MethodMiddleware:
    """Answer a method that a page does not take with a page of its own, where Django's is empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or 405 in words, with the methods that the page takes."""
        response = self.get_response(request)
        # What answers a program says so itself.
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content:
            return response
        page = error_page(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class LastSeenMiddleware:
    """Note when and from where each session was last seen, for the page of the person's devices."""

    def __init__(self, get_response: Callable[[SignedInRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: SignedInRequest) -> HttpResponse:
        """The answer."""
        if request.user.is_authenticated:
            note_seen(request, now=timezone.now())
        return self.get_response(request)


class LongestSessionMiddleware:
    """End a session 14 days after its person signed in, however often it was used (PEO-3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; as to a stranger, where the session is too old."""
        if request.user.is_authenticated:
            now = time.time()
            # A session that does not say when it began counts from now.
            request.session.setdefault(SIGNED_IN_AT, int(now))
            if is_too_old(request.session, now):
                logout(request)
        return self.get_response(request)


class RatesMiddleware:
    """Answer too many attempts, and requests that fail for now: no free slot, no counter, no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the view."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """429 or 503, with the time after which to try again; nothing for a fault of ours."""
        if isinstance(exception, TooManyAttempts):
            record_limited_attempts(request, limit=exception.name, refused=exception.refused)
            context = {"minutes": -(-exception.seconds // 60), "limit": exception.name}
            page = error_page(request, "429.html", status=429, context=context)
            page.headers["Retry-After"] = str(exception.seconds)
            return page
        if isinstance(exception, CannotCount):
            logger.error(
                "attempts cannot be counted, so nobody can sign in: %s", exception.__cause__, extra={ONCE_A_MINUTE: ""}
            )
            return unavailable(request, seconds=60)
        if isinstance(exception, Busy):
            return unavailable(request, seconds=5, is_busy=True)
        if is_the_databases(exception):
            name = type(exception).__name__
            logger.error("a page cannot be made: %s: %s", name, exception, extra={ONCE_A_MINUTE: name})
            return unavailable(request, seconds=DATABASE_SECONDS)
        return None


class DisplayMiddleware:
    """Show texts and times as the signed-in person chose; UTC is stored and compared all the same."""

    def __init__(self, get_response: Callable[[SignedInRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: SignedInRequest) -> HttpResponse:
        """The answer in the person's time zone and language, or in the browser's for who chose none."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        language = spoken(request.user.language or translation.get_language() or "")
        with translation.override(language), timezone.override(zone_named(request.user.time_zone)):
            return in_language(self.get_response(request), language)


class CrossSiteMiddleware:
    """Refuse a form that the browser says another site sends (ASVS v5.0.0-3.5.1).

    The CSRF token is checked all the same, for browsers that do not say it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or 403."""
        if request.method == "POST" and request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site":
            return csrf_failure(request, reason="Sec-Fetch-Site: cross-site")
        return self.get_response(request)


@cache
def beginnings_of_sites() -> tuple[str, ...]:
    """How the paths of both sites begin."""
    return address_of("own profile"), address_of("Instance Manager")


class StatementTimeMiddleware:
    """Give up a page of a site whose statements take longer than anybody waits.

    What acts is not stopped by it: it waits for others in its own time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the view."""
        if request.method in SAFE_METHODS and request.path_info.startswith(beginnings_of_sites()):
            with statements_within(PAGE_SECONDS):
                return self.get_response(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page that says what to do, where the time of the statements was over."""
        page = statement_time()
        if isinstance(exception, TakesTooLong) or (page and page.was_stopped and is_the_databases(exception)):
            name = request.resolver_match and request.resolver_match.view_name
            logger.warning("a page takes too long: %s", name, extra={ONCE_A_MINUTE: name})
            return takes_too_long(request)
        return None
