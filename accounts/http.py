"""What the pages and endpoints ask of a request."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.audit.record import Actor, Source, canonical_address
from accounts.forwarded import written_by_trusted
from accounts.models import User
from accounts.text.secrets import holds_secret

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that has passed `HtmxMiddleware`."""

    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """A request of a signed-in person."""

    user: User


def is_this_machine(host: str) -> bool:
    """Whether a host, as a request names it, is this machine whichever that is."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    # Later Pythons look into such an address by themselves.
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
    """The query with which the page at this address is seen, there or from a dialog over it; else an empty one."""
    if request.path == url:
        return request.GET
    seen = page_behind(request)
    try:
        return QueryDict(seen.query if seen.path == url else "")
    except TooManyFieldsSent:
        return QueryDict()


def page_behind(request: HtmxRequest) -> SplitResult:
    """The page that htmx asks from: over which a dialog stands. Without htmx, or on another site, an empty address.

    So too where the browser sends what is no address: by now something may have been done that must be told.
    """
    try:
        seen = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return urlsplit("")
    # A proxy may leave the port of the second out of `Host`, by which the first is known.
    here = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return seen if f"{seen.scheme}://{seen.netloc}" in here else urlsplit("")


def leads_here(request: HttpRequest, url: str) -> bool:
    """Whether an address that came with a request is one of this site, and in production none of plain http (T48).

    This site is the host that the request names, or the configured one: a proxy may leave its port out of `Host`.
    An address that holds a secret leads nowhere: it would be passed on from page to page.
    """
    if holds_secret(url):
        return False
    hosts = {request.get_host(), *(urlsplit(origin).netloc for origin in settings.CSRF_TRUSTED_ORIGINS)}
    return url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=settings.IS_PRODUCTION)


def client_address(request: HttpRequest) -> str | None:
    """The address that the request comes from, in one form that can be stored; for the record and for the limits
    of attempts, and for no other decision.

    It is what the outermost trusted proxy wrote into X-Forwarded-For. Where that cannot be read it is the nearest hop
    behind it that can, at last the connection's own: never none, which no limit would hold.
    """
    hops = [*written_by_trusted(request.META, "HTTP_X_FORWARDED_FOR"), request.META.get("REMOTE_ADDR", "")]
    return next(filter(None, map(address_in, hops)), None)


def address_in(entry: str) -> str | None:
    """The IP address in what a proxy wrote, in its one form; None where there is none to read.

    Proxies write a port behind it, brackets and quotes around it (RFC 7239 §6), and the zone of a link into it.
    """
    text = entry[1:].partition("]")[0] if entry.startswith("[") else entry
    for candidate in (text, text.rpartition(":")[0]):
        with suppress(ValueError):
            return canonical_address(candidate)
    return None


def actor_of(request: SignedInRequest, source: Source) -> Actor:
    """The signed-in person as the one who acts."""
    return Actor.person(request.user, source, address=client_address(request))
