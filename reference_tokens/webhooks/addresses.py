"""Which addresses can be registered. Where their names lead is checked when a message is sent (`hosts`)."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reference_tokens.webhooks.hosts import may_be_sent_to

# Visible ASCII: what else an address may hold is written with "%", and a host in its ASCII form (RFC 3986).
VISIBLE = re.compile(r"[!-~]+\Z")
LOCAL = re.compile(r"(?:.+\.)?localhost\.?\Z", re.IGNORECASE)


def require_address(url: str) -> None:
    """Raise `ValidationError` for an address that no message can or may go to."""
    if refusal := refusal_of(url):
        raise ValidationError({"url": refusal})


def refusal_of(url: str) -> str:
    """Why an address cannot be registered; empty where it can."""
    parts = parts_of(url)
    if parts is None:
        return _("Enter an address such as https://example.com/webhooks, in ASCII.")
    if parts.username is not None or parts.fragment:
        return _("Enter an address without a user, a password or a part behind “#”.")
    if parts.scheme == "http" and not allows_http():
        return _("Enter an address that starts with https://.")
    if is_known_as_private(parts.hostname or ""):
        return _("This host has a private address, which WEBHOOKS_TO_PRIVATE_ADDRESSES does not allow.")
    return ""


def parts_of(url: str) -> SplitResult | None:
    """The parts of an http or https address; None where it is none."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if VISIBLE.match(url) and parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts
    return None


def allows_http() -> bool:
    """Whether messages may go without TLS: to networks of one's own, and where the service itself has none."""
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or not settings.IS_PRODUCTION


def is_known_as_private(host: str) -> bool:
    """Whether the host tells by itself that no message may go there; the names of others are looked up later."""
    if LOCAL.match(host):
        return not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
    with suppress(ValueError):
        return not may_be_sent_to(host)
    return False
