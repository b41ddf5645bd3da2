"""Where a token was seen, as a stranger says it: kept only without secrets, and as text that anybody may read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from accounts.text.free_text import readable
from reference_tokens.models.leaks import LONGEST_PLACE

if TYPE_CHECKING:
    from urllib.parse import SplitResult

# What is longer is not looked through for secrets, and not kept.
LONGEST_READ = 2_000
MORE = "…"


def place_of(url: str) -> str:
    """The place that a report names, as far as it may be kept: empty where nothing of it may.

    Of an address that is too long, or holds a token or another secret of this service, the site is kept; a password in
    it never is.
    """
    if len(url) > LONGEST_READ:
        return site_of_long(url)
    with suppress(ValueError):
        parts = urlsplit(url)
        site = site_of(parts)
        whole = url if site == parts.netloc else parts._replace(netloc=site).geturl()
        return kept(whole) or kept_site(parts)
    return kept(url)


def site_of_long(url: str) -> str:
    """The site of an address that is too long: only its beginning is read, since anybody may report.

    Python takes time by the square of the marks on one letter of a site.
    """
    with suppress(ValueError):
        parts = urlsplit(url[:LONGEST_READ])
        # Where the site itself is cut, what is left of it may be a password.
        return kept_site(parts) if parts.path or parts.query or parts.fragment else ""
    return ""


def site_of(parts: SplitResult) -> str:
    """The host and the port of an address, without a user and a password."""
    return parts.netloc.rpartition("@")[2]


def kept_site(parts: SplitResult) -> str:
    """What may be kept of the site of an address; empty where the text was none."""
    site = site_of(parts)
    return kept(f"{parts.scheme}://{site}") if parts.scheme and site else ""


def kept(text: str) -> str:
    """The readable part of a text that is not too long; empty where it holds a secret."""
    return shortened(readable(text), LONGEST_PLACE)


def shortened(text: str, most: int) -> str:
    """The beginning of a text that may be read, with a mark where more followed."""
    return text if len(text) <= most else readable(text[: most - len(MORE)]) + MORE
