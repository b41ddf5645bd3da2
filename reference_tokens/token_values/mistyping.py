"""What is wrong with a text that should be a token: told without repeating any of it, and without a database."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from reference_tokens.token_values.token_format import CHECKSUM_DIGITS, PREFIX, RANDOM_BYTES, is_well_formed

DIGITS = 2 * RANDOM_BYTES + CHECKSUM_DIGITS


class Mistake(StrEnum):
    """One thing that keeps a text from being a token."""

    HINT = "hint"
    SEVERAL = "several"
    TOKEN_ID = "token_id"  # noqa: S105 - a word, no secret
    SCHEME = "scheme"
    LINE_BREAK = "line_break"
    SPACE = "space"
    INVISIBLE = "invisible"
    QUOTE = "quote"
    NO_PREFIX = "no_prefix"
    PREFIX_IN_OTHER_LETTERS = "prefix_in_other_letters"
    LOWER_CASE = "lower_case"
    NO_DIGITS = "no_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHECKSUM = "checksum"


class Mistyping(NamedTuple):
    """The mistakes of a text, how many digits it has, and whether it is a token without them."""

    mistakes: tuple[Mistake, ...]
    digits: int
    is_token_without: bool


# What says by itself what the text is instead of a token.
SOMETHING_ELSE = {
    Mistake.HINT: re.compile("…|\\.\\.\\."),
    Mistake.SEVERAL: re.compile("enrt_.*enrt_", re.IGNORECASE | re.DOTALL),
    Mistake.TOKEN_ID: re.compile(r"\s*[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\s*\Z", re.IGNORECASE),
}
# What stands around a token or within it, and can be left out; in this order.
BESIDE = {
    Mistake.SCHEME: re.compile(
        "\\A[\\s\"']*(?:(?:authorization\\s*:\\s*)?bearer\\s+|(?:x-)?api-key\\s*:\\s*)", re.IGNORECASE
    ),
    Mistake.LINE_BREAK: re.compile(r"[\r\n\u2028\u2029]+"),
    Mistake.SPACE: re.compile(r"\s+"),
    Mistake.INVISIBLE: re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+"),
    Mistake.QUOTE: re.compile("[\"'`\u2018-\u201f\u00ab\u00bb]+"),
}
BEGINNING = re.compile(r"\Aenrt[_-]?", re.IGNORECASE)
# What looks wrong among the digits of a token; each is looked for in what stands behind the prefix.
AMONG_DIGITS = {Mistake.LOWER_CASE: re.compile("[a-f]"), Mistake.NO_DIGITS: re.compile("[^0-9A-Fa-f]")}


def mistyping_of(text: str) -> Mistyping:
    """What is wrong with a text that is not well-formed."""
    for mistake, pattern in SOMETHING_ELSE.items():
        if pattern.search(text):
            return Mistyping((mistake,), 0, is_token_without=False)
    mistakes = []
    for mistake, pattern in BESIDE.items():
        bare = pattern.sub("", text)
        mistakes += [mistake] if bare != text else []
        text = bare
    digits = BEGINNING.sub("", text)
    mistakes += mistakes_of_prefix(text)
    mistakes += [mistake for mistake, pattern in AMONG_DIGITS.items() if pattern.search(digits)]
    is_token = is_well_formed(PREFIX + digits.upper())
    mistakes += [] if is_token else mistakes_of_length(digits)
    return Mistyping(tuple(mistakes), len(digits), is_token)


def mistakes_of_prefix(text: str) -> list[Mistake]:
    """What is wrong with how the text begins."""
    if text.startswith(PREFIX):
        return []
    return [Mistake.PREFIX_IN_OTHER_LETTERS if BEGINNING.match(text) else Mistake.NO_PREFIX]


def mistakes_of_length(digits: str) -> list[Mistake]:
    """Digits missing or too many; or, where their number is right and each is one, the checksum."""
    if len(digits) != DIGITS:
        return [Mistake.TOO_SHORT if len(digits) < DIGITS else Mistake.TOO_LONG]
    return [] if AMONG_DIGITS[Mistake.NO_DIGITS].search(digits) else [Mistake.CHECKSUM]
