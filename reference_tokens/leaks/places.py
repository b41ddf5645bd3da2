"""Where a token was seen, as a stranger says it: kept only without secrets, and as text that anybody may read."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from accounts.text.free_text import readable
from reference_tokens.models.leaks import LONGEST_PLACE

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
        site = site_in(parts)
        whole = url if site.netloc == parts.netloc else parts._replace(netloc=site.netloc).geturl()
        return kept(whole) or kept_site(site)
    return kept(url)


def site_of_long(url: str) -> str:
    """The site of an address that is too long: only its beginning is read, since anybody may report.

    Python takes time by the square of the marks on one letter of a site.
    """
    with suppress(ValueError):
        parts = urlsplit(url[:LONGEST_READ])
        # Where the site itself is cut, what is left of it may be a password.
        return kept_site(site_in(parts)) if parts.path or parts.query or parts.fragment else ""
    return ""


def site_in(parts: SplitResult) -> SplitResult:
    """The site of an address, without a user and a password."""
    return SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")


def kept_site(site: SplitResult) -> str:
    """What may be kept of a site; empty where the text was no address."""
    return kept(site.geturl()) if site.scheme and site.netloc else ""


def kept(text: str) -> str:
    """The readable part of a text that is not too long; empty where it holds a secret."""
    return shortened(readable(text), LONGEST_PLACE)


def shortened(text: str, most: int) -> str:
    """The beginning of a text that may be read, with a mark where more followed."""
    return text if len(text) <= most else readable(text[: most - len(MORE)]) + MORE
