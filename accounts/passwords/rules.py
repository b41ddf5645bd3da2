"""The rules for passwords, after NIST SP 800-63B-4, 3.1.1.2: not too long to read, and not easy to guess.

No rule asks for kinds of characters, and no password expires.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.passwords.hashers import LONGEST_PASSWORD
from accounts.text.normal_forms import nfkc

if TYPE_CHECKING:
    from accounts.models import User

# Rows of the keyboard, the alphabet and the digits, each also backwards.
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "abcdefghijklmnopqrstuvwxyz", "01234567890")
SEQUENCES = " ".join(["qwertyuiopasdfghjklzxcvbnm", *ROWS, *(row[::-1] for row in ROWS)])
# So short that it adds little to a password.
SHORT = 4
MOST_PARTS = 3
# Letters, digits, or other characters outside ASCII, such as pictures.
PARTS = re.compile(r"[^\W\d_]+|\d+|[^\w\s\x00-\x7f]+")
ENDS = re.compile(rf"^\d{{1,{SHORT}}}|\d{{1,{SHORT}}}$")


class LongestPasswordValidator:
    """Refuses a text that is too long for a password."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - as Django calls it
        """Raise `ValidationError` for a password that is too long."""
        if len(password) > LONGEST_PASSWORD:
            raise ValidationError(_("Use at most %(most)d characters.") % {"most": LONGEST_PASSWORD}, code="too_long")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("At most %(most)d characters.") % {"most": LONGEST_PASSWORD}


class GuessablePasswordValidator:
    """Refuses a common password or a word of this place, also repeated or padded.

    The rule judges the whole password, never a word in it (NIST): "correct horse battery staple" is four common words,
    and a good password.
    """

    @cached_property
    def common(self) -> set[str]:
        """Django's list of the 20,000 most common passwords."""
        return CommonPasswordValidator().passwords

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` for a password that is easy to guess."""
        if len(password) <= LONGEST_PASSWORD and self.is_guessable(password, words_of_this_place() | words_of(user)):
            raise ValidationError(
                _("This password is easy to guess: it is common, or repeats a pattern. Use more words."),
                code="guessable",
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("Do not use a common password, your name, the name of this service, or a repeated pattern.")

    def is_guessable(self, password: str, words: frozenset[str]) -> bool:
        """Whether it is one known word, with at most a few short parts or sequences beside it."""
        text = nfkc(password).casefold()
        squeezed = "".join(PARTS.findall(text))
        if any(self.is_known(repeated_part(form), words) for form in (text, squeezed, ENDS.sub("", squeezed))):
            return True
        parts = {repeated_part(part) for part in PARTS.findall(text)}
        known = [part for part in parts if not is_padding(part)]
        return len(parts) <= MOST_PARTS and len(known) <= 1 and all(self.is_known(part, words) for part in known)

    def is_known(self, part: str, words: frozenset[str]) -> bool:
        """Whether a guesser tries this first."""
        return is_padding(part) or part in words or part in self.common


def repeated_part(text: str) -> str:
    """The shortest part that gives the text when it is repeated: "abc" of "abcabcab"."""
    length = next((one for one in range(1, len(text)) if text[one:] == text[:-one]), len(text))
    return text[:length]


def is_padding(part: str) -> bool:
    """Whether the part is short, or runs along the keyboard, the alphabet or the digits."""
    return (len(part) <= SHORT and part.isalnum()) or part in SEQUENCES


def words_of_this_place() -> frozenset[str]:
    """The words of the service's name and host."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    return squeezed_words(settings.PRODUCT_NAME, "Reference Tokens", "enrt", host, *host.split("."))


def words_of(user: User | None) -> frozenset[str]:
    """The words of the person's names and e-mail address."""
    if user is None:
        return frozenset()
    return squeezed_words(user.username, user.name, *user.name.split(), user.email, *user.email.split("@"))


def squeezed_words(*texts: str) -> frozenset[str]:
    """The texts in one case, with nothing between their letters and digits."""
    return frozenset("".join(PARTS.findall(nfkc(text).casefold())) for text in texts) - {""}
