"""Recognising secrets in what people type, so that none is stored, shown again or put into an address.

The apps that make secrets say here what theirs look like (`register`), without a look at the database: a secret that
is no longer good is refused as one that is.
"""

from __future__ import annotations

import base64
import html
import re
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
# A letter as JSON and programs may write it; a secret is of ASCII.
ESCAPED = re.compile(r"\\(?:u00|x)([0-9A-Fa-f]{2})")
# What is shorter holds no secret in base64: 32 bytes in letters are 43, and again a third more.
BASE64 = re.compile(r"[A-Za-z0-9+/]{56,}")
TO_BASE64 = str.maketrans("-_", "+/")


def register(recognise: Recognise, refusal: Promise) -> None:
    """Add a kind of secret: what says whether it stands in a text, and the sentence that refuses such a text."""
    _kinds[recognise] = refusal


def refusal_of(text: str) -> str:
    """The sentence that says which secret stands in the text; empty where none does.

    However it is written: in full-width letters, encoded as in addresses, HTML or JSON, or in base64.
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
    """The text in plain letters, without its encodings, taken off one after the other, and what it holds in base64."""
    found = [unicodedata.normalize("NFKC", text)]
    for _time in range(MOST_ENCODINGS):
        plain = unicodedata.normalize("NFKC", without_encodings(found[-1]))
        if plain == found[-1]:
            break
        found.append(plain)
    return found + [inner for reading in found for inner in in_base64(reading)]


def without_encodings(text: str) -> str:
    """The text without the encodings of an address, of HTML and of JSON."""
    return ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), html.unescape(unquote_plus(text)))


def in_base64(text: str) -> list[str]:
    """What stands in the text in base64, of either alphabet, broken over lines too.

    Where it begins is not known, since the word before it may run into it: it is read from four letters in turn.
    """
    runs = BASE64.findall("".join(text.split()).translate(TO_BASE64))
    return [from_base64(run[start:]) for run in runs for start in range(4)]


def from_base64(text: str) -> str:
    """The bytes as letters of one byte each; what is missing at the end is filled up."""
    return base64.b64decode(text + "A" * (-len(text) % 4)).decode("latin-1")


def pairs_without_secrets(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a query or a form that hold no secret, in their order."""
    return [(name, value) for name, value in pairs if not holds_secret(name) and not holds_secret(value)]


def address_without_secrets(address: str) -> str:
    """The address without those parts of its query that hold a secret; as it was where none does.

    Where its path holds one, which then leads nowhere, the address of the start.
    """
    path, query = urlsplit(address).path, urlsplit(address).query
    if holds_secret(path):
        return "/"
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = pairs_without_secrets(pairs)
    if kept == pairs:
        return address
    return f"{path}?{urlencode(kept)}" if kept else path
