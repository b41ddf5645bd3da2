"""Recognising secrets in what people type, so that none is stored, shown again or put into an address.

The apps that make secrets say here what theirs look like (`register`), without a look at the database: a secret that
is no longer good is refused as one that is.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

if TYPE_CHECKING:
    from django.utils.functional import Promise

Recognise = Callable[[str], bool]
# What recognises each kind of secret, and the sentence that refuses it.
_kinds: dict[Recognise, Promise] = {}
# How often an address may have been encoded, since one address often carries another.
MOST_ENCODINGS = 3


def register(recognise: Recognise, refusal: Promise) -> None:
    """Add a kind of secret: what says whether it stands in a text, and the sentence that refuses such a text."""
    _kinds[recognise] = refusal


def refusal_of(text: str) -> str:
    """The sentence that says which secret stands in the text; empty where none does.

    However it is written: in full-width letters, encoded as in addresses or as in HTML.
    """
    for reading in readings(text):
        for recognise, refusal in _kinds.items():
            if recognise(reading):
                return str(refusal)
    return ""


def holds_secret(text: str) -> bool:
    """Whether a secret stands in the text."""
    return refusal_of(text) != ""


def readings(text: str) -> list[str]:
    """The text in plain letters, and as it reads with its encodings taken off, one after the other."""
    plain = unicodedata.normalize("NFKC", text)
    found = [plain]
    for _time in range(MOST_ENCODINGS):
        plain = unicodedata.normalize("NFKC", html.unescape(unquote_plus(plain)))
        if plain == found[-1]:
            break
        found.append(plain)
    return found


def without_secrets(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a query or a form that hold no secret, in their order."""
    return [(name, value) for name, value in pairs if not holds_secret(name) and not holds_secret(value)]


def address_without_secrets(address: str) -> str:
    """The address without those parts of its query that hold a secret; as it was where none does."""
    path, query = urlsplit(address).path, urlsplit(address).query
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = without_secrets(pairs)
    if kept == pairs:
        return address
    return f"{path}?{urlencode(kept)}" if kept else path
