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

    Of an address that holds a token or another secret of this service the site is kept; a password in it never is.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        site = SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")
        whole = url if site.netloc == parts.netloc else parts._replace(netloc=site.netloc).geturl()
        return kept(whole) or (kept(site.geturl()) if site.scheme and site.netloc else "")
    return kept(url)


def kept(text: str) -> str:
    """The readable part of a text; empty where it is too long, or holds a secret."""
    if len(text) > LONGEST_READ:
        return ""
    return shortened(readable(text), LONGEST_PLACE)


def shortened(text: str, most: int) -> str:
    """The beginning of a text that may be read, with a mark where more followed."""
    return text if len(text) <= most else readable(text[: most - len(MORE)]) + MORE
