"""Unicode's normal forms, in a time that grows with the text alone.

Python sorts the marks on one letter by their square: a request of marks held up everybody for seconds, since it lets no
other thread work meanwhile. More marks than any language has on a letter are parted before, as UAX #15 §13 (Stream-Safe
Text Format) does it.
"""

from __future__ import annotations

import unicodedata

MOST_TOGETHER = 30
PARTING = "\u034f"
# They count as letters, and are marks in the normal forms.
BECOME_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"


def nfc(text: str) -> str:
    """The text with composed letters."""
    return text if text.isascii() else unicodedata.normalize("NFC", parted(text))


def nfkc(text: str) -> str:
    """The text with composed letters, in plain ones where there are others for the same."""
    return text if text.isascii() else unicodedata.normalize("NFKC", parted(text))


def parted(text: str) -> str:
    """The text, with a joiner that nobody sees in the place where too many marks follow one another."""
    parts, together = [], 0
    for character in text:
        together = together + 1 if becomes_mark(character) else 0
        if together > MOST_TOGETHER:
            parts.append(PARTING)
            together = 1
        parts.append(character)
    return "".join(parts)


def becomes_mark(character: str) -> bool:
    """Whether the normal forms may sort the character among others."""
    return unicodedata.combining(character) != 0 or character in BECOME_MARKS
