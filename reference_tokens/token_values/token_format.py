"""The form of a token (TOK-1): made and checked here, without a database and without Django."""

from __future__ import annotations

import re
import secrets
import zlib

PREFIX = "enrt_"
RANDOM_BYTES = 28
CHECKSUM_DIGITS = 8
# Published in the README for secret scanners; \Z, since $ would let a trailing line feed through.
TOKEN_PATTERN = re.compile(r"enrt_[0-9A-F]{64}\Z")
# A token among the digits and letters of a text; each match is empty, so that none hides another.
NO_DIGIT_OR_LETTER = re.compile(r"[^0-9A-Z]+")
BARE_TOKEN = re.compile(r"(?=ENRT([0-9A-F]{64}))")


def generate() -> str:
    """A new token: `enrt_`, 224 random bits and the CRC-32 of what stands before it, in upper-case hexadecimal."""
    body = PREFIX + secrets.token_bytes(RANDOM_BYTES).hex().upper()
    return body + checksum(body)


def checksum(body: str) -> str:
    """The last eight digits of a token whose text before them is `body`."""
    return f"{zlib.crc32(body.encode('ascii')):08X}"


def is_well_formed(text: str) -> bool:
    """Whether the text could be a token: its form and its checksum are right. Needs no database."""
    return TOKEN_PATTERN.match(text) is not None and checksum(text[:-CHECKSUM_DIGITS]) == text[-CHECKSUM_DIGITS:]


def holds_token(text: str) -> bool:
    """Whether a well-formed token stands in the text: in letters of any case, with spaces or line breaks in it too."""
    letters = NO_DIGIT_OR_LETTER.sub("", text.upper())
    return any(is_well_formed(PREFIX + digits) for digits in BARE_TOKEN.findall(letters))


def hint(token: str) -> str:
    """What lists show of a token: its first and last four digits, `enrt_1D41…7960`."""
    return f"{token[: len(PREFIX) + 4]}…{token[-4:]}"
