"""Recognising secrets in what people type, so that none is stored, shown again or put into an address.

Each app that makes secrets registers their form (`register`). No query asks whether a secret is still valid: an old
one is refused as well.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from accounts.text.normal_forms import nfkc

if TYPE_CHECKING:
    from django.utils.functional import Promise

Recognise = Callable[[str], bool]
# The function that recognises each kind of secret, and the sentence that refuses it.
_kinds: dict[Recognise, Promise] = {}
# An address may be encoded so many times, since one address often carries another.
MOST_ENCODINGS = 3
# A letter as JSON and programs may escape it; secrets are ASCII.
ESCAPED = re.compile(r"\\(?:u00|x)([0-9A-Fa-f]{2})")
# A character by its number in HTML: the zeros before it, and what is no character. Python reads no number of more than
# 4,300 digits.
ZEROS, TOO_LONG_A_NUMBER = re.compile("(?<=&#)0+(?=[0-9])"), re.compile("&#[0-9]{8,};?")
# A shorter text holds no secret in base64: the 43 letters of 32 bytes become a third more.
BASE64 = re.compile(r"[A-Za-z0-9+/]{56,}")
TO_BASE64 = str.maketrans("-_", "+/")


def register(recognise: Recognise, refusal: Promise) -> None:
    """Add a kind of secret: a function that finds it in a text, and the sentence that refuses such a text."""
    _kinds[recognise] = refusal


def refusal_of(text: str) -> str:
    """The sentence that names the secret in the text; empty where there is none.

    It finds secrets in full-width letters, in the encodings of addresses, HTML and JSON, and in base64.
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
    """The text in plain letters, after each of its encodings is removed, and the texts that it holds in base64."""
    found = [nfkc(text)]
    for _time in range(MOST_ENCODINGS):
        plain = nfkc(without_encodings(found[-1]))
        if plain == found[-1]:
            break
        found.append(plain)
    return found + [inner for reading in found for inner in in_base64(reading)]


def without_encodings(text: str) -> str:
    """The text without the encodings of an address, of HTML and of JSON."""
    numbered = TOO_LONG_A_NUMBER.sub("\ufffd", ZEROS.sub("", unquote_plus(text)))
    return ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), html.unescape(numbered))


def in_base64(text: str) -> list[str]:
    """The texts in base64 within the text, in either alphabet, also broken over lines.

    A word before may run into it, so that its start is unknown: it is read from each of four letters.
    """
    runs = BASE64.findall("".join(text.split()).translate(TO_BASE64))
    return [from_base64(run[start:]) for run in runs for start in range(4)]


def from_base64(text: str) -> str:
    """The bytes as letters of one byte each; a missing end is filled up."""
    return base64.b64decode(text + "A" * (-len(text) % 4)).decode("latin-1")


def pairs_without_secrets(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a query or a form that hold no secret, in their order."""
    return [(name, value) for name, value in pairs if not holds_secret(name) and not holds_secret(value)]


def address_without_secrets(address: str) -> str:
    """The address without the parts of its query that hold a secret; unchanged where none does.

    For a secret in its path, which leads nowhere, and for what is no address, it is the address of the start page.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    path, query = parts.path, parts.query
    if holds_secret(path):
        return "/"
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = pairs_without_secrets(pairs)
    if kept == pairs:
        return address
    return f"{path}?{urlencode(kept)}" if kept else path
