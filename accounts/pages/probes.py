"""The probe by which `check_settings` finds out what of a request reaches the service through the proxies (RUN-8).

Both ways are sealed under `SECRET_KEY`: nobody else can ask, and the answer comes from this instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken

from accounts.sealing import cipher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

PROBE, SEEN = "X-Settings-Probe", "X-Settings-Seen"
PURPOSE = b"probes of check_settings"
# So old may a probe be, in seconds; clocks of machines differ by as much.
LIFETIME = 60
MOST = 2000
# What the probe itself writes: an address of documentation (RFC 5737), which no client has.
WRITTEN_BY_PROBE = "192.0.2.1"


class ProbeMiddleware:
    """Answer a probe with the hops that proxies wrote."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; of a probe, with what was seen of it."""
        response = self.get_response(request)
        if (probe := request.META.get("HTTP_X_SETTINGS_PROBE")) and is_probe(probe):
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "")[:MOST]
            response.headers[SEEN] = cipher(PURPOSE).encrypt(hops.encode()).decode("ascii")
        return response


def probing() -> dict[str, str]:
    """The headers of a probe."""
    return {PROBE: cipher(PURPOSE).encrypt(b"").decode("ascii"), "X-Forwarded-For": WRITTEN_BY_PROBE}


def is_probe(value: str) -> bool:
    """Whether the header is a probe of this instance, made a moment ago."""
    try:
        cipher(PURPOSE).decrypt(value, ttl=LIFETIME)
    except InvalidToken:
        return False
    return True


def proxies_seen(headers: Mapping[str, Any]) -> int | None:
    """How many proxies wrote down who called them, by the answer to a probe; None where it is no answer of ours."""
    try:
        hops = cipher(PURPOSE).decrypt(headers.get(SEEN, "")).decode()
    except InvalidToken:
        return None
    entries = [entry.strip() for entry in hops.split(",") if entry.strip()]
    # Proxies write behind what they were given; the first may have left that out.
    return [*reversed(entries), WRITTEN_BY_PROBE].index(WRITTEN_BY_PROBE)
