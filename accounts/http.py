"""Questions that pages and endpoints ask of a request."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.audit.chain import canonical_address
from accounts.audit.record import Actor, Source
from accounts.headers.forwarded import written_by_trusted
from accounts.models import User
from accounts.text.secrets import holds_secret

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class HasHeaders(Protocol):
    """A request as far as its headers go: Django's, or one of a machine."""

    META: dict[str, Any]


class HtmxRequest(HttpRequest):
    """A request that has passed `HtmxMiddleware`."""

    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """A request of a signed-in person."""

    user: User


def is_this_machine(host: str) -> bool:
    """Whether the host of a request means the local machine, whatever machine that is."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    # Later Pythons do this for such an address themselves.
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def wants_partial(request: HtmxRequest) -> bool:
    """Whether htmx asks for a part of the page, to be put into the dialog or in place of a section."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def moved_to(request: HtmxRequest, url: str) -> HttpResponse:
    """Send the browser to another page; htmx is told to move the whole page, not the dialog."""
    response = HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)
    patch_vary_headers(response, ["HX-Request"])
    return response


def query_of(request: HtmxRequest, url: str) -> QueryDict:
    """The query of the page at this address, on the page itself or from a dialog over it; else an empty one."""
    if request.path == url:
        return request.GET
    seen = page_behind(request)
    try:
        return QueryDict(seen.query if seen.path == url else "")
    except TooManyFieldsSent:
        return QueryDict()


def page_behind(request: HtmxRequest) -> SplitResult:
    """The address of the page under a dialog, which htmx sends; empty without htmx, and for another site.

    It is empty for an invalid address too: something may have been done already, and its page must follow.
    """
    try:
        seen = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return urlsplit("")
    # A proxy may leave out the port in `Host`, which makes the first of these.
    here = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return seen if f"{seen.scheme}://{seen.netloc}" in here else urlsplit("")


def leads_here(request: HttpRequest, url: str) -> bool:
    """Whether an address in a request belongs to this site, and in production uses https (T48).

    This site is the host that the request names, or the configured one: a proxy may leave its port out of `Host`.
    An address with a secret does not count: the secret would pass from page to page.
    """
    if holds_secret(url):
        return False
    hosts = {request.get_host(), *(urlsplit(origin).netloc for origin in settings.CSRF_TRUSTED_ORIGINS)}
    return url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=settings.IS_PRODUCTION)


def client_address(request: HasHeaders) -> str | None:
    """The client's address in its one form, for the record and the limits of attempts, and for no other decision.

    It is the entry of the outermost trusted proxy in X-Forwarded-For. If that is unreadable, it is the next readable
    hop behind it, at last that of the connection: no limit would hold a client without an address.
    """
    hops = [*written_by_trusted(request.META, "HTTP_X_FORWARDED_FOR"), request.META.get("REMOTE_ADDR", "")]
    return next(filter(None, map(address_in, hops)), None)


def address_in(entry: str) -> str | None:
    """The IP address in the entry of a proxy, in its one form; None where it is unreadable.

    Proxies add a port, brackets and quotes (RFC 7239 §6), and the zone of a link.
    """
    text = entry[1:].partition("]")[0] if entry.startswith("[") else entry
    for candidate in (text, text.rpartition(":")[0]):
        with suppress(ValueError):
            return canonical_address(candidate)
    return None


def actor_of(request: SignedInRequest, source: Source) -> Actor:
    """The signed-in person as the actor."""
    return Actor.person(request.user, source, address=client_address(request))
