"""The rule for text that people type and others read (TXT-1), and the fields that keep it.

A field tidies a text and then checks it against the rule. It never shows a typed secret again.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.text.normal_forms import nfc
from accounts.text.secrets import holds_secret, refusal_of

if TYPE_CHECKING:
    _CharColumn = models.CharField[str, str]
    _EmailColumn = models.EmailField[str, str]
else:
    _CharColumn, _EmailColumn = models.CharField, models.EmailField

MOST_COMBINING_MARKS = 8
BYTE_ORDER_MARK = "\ufeff"
# Left-to-right, right-to-left and Arabic letter mark: copied text brings them along.
AT_ENDS = BYTE_ORDER_MARK + "\u200e\u200f\u061c"
JOINERS = "\u200c\u200d"
# Unicode's Extended_Pictographic (emoji-data.txt 15.0, stable since: it includes unassigned emoji).
PICTOGRAPHIC = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705"
    "\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767"
    "\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a"
    "\U0001f23c-\U0001f23f\U0001f249-\U0001f3fa\U0001f400-\U0001f53d\U0001f546-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f\U0001f848-\U0001f84f\U0001f85a-\U0001f85f"
    "\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff"
    "\U0001fc00-\U0001fffd"
)
ONE_EMOJI = f"[{PICTOGRAPHIC}](?:[\U0001f3fb-\U0001f3ff]|\ufe0f)?"
# Flags of England, Scotland and Wales: the three whose letters are tags.
TAGGED_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
EMOJI = re.compile(rf"{TAGGED_FLAGS}|[0-9#*]\ufe0f?\u20e3|[{PICTOGRAPHIC}]\ufe0e|{ONE_EMOJI}(?:\u200d{ONE_EMOJI})*")
# Variants of ideographs, symbols and letters of other scripts than Latin, never of a letter from A to Z.
VARIANT = re.compile("(?<=[\u1000-\uffdc\U00010000-\U0003ffff])[\ufe00-\ufe0d\U000e0100-\U000e01ef]")
# Blank or ignored where they are drawn, though their category is one of letters, marks or symbols.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U00013441\U00013442\U0001d159\U000e0000-\U000e0fff]"
)
# Cc controls, Cf formats (bidi, zero width), Cs surrogates, Zl and Zp line and paragraph separators.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# The letters beside a joiner are searched for within so many characters.
NEIGHBOURS = 16


def tidied(text: str) -> str:
    """The text in NFC, without white space, marks and byte-order marks at its ends."""
    text, before = nfc(text), ""
    while text != before:
        before, text = text, text.strip().strip(AT_ENDS)
        # A combining mark without a letter would stand over the character before the text.
        text = text[next((place for place, character in enumerate(text) if not is_mark(character)), len(text)) :]
    return text


def require_readable(text: str) -> None:
    """Raise `ValidationError` for a text that is invisible, misleads the eye, or holds a secret; it may be empty."""
    refuse_secret(text)
    plain = VARIANT.sub("", EMOJI.sub("x", text))
    if any(is_invisible(plain, position) for position in range(len(plain))):
        raise ValidationError(_("Remove the invisible characters."), code="invisible_characters")
    if text and not any(unicodedata.category(character)[0] in "LNPS" for character in plain):
        raise ValidationError(_("Enter at least one visible character."), code="invisible_characters")
    if "m" * (MOST_COMBINING_MARKS + 1) in "".join("m" if is_mark(character) else "-" for character in text):
        raise ValidationError(
            _("Use at most %(most)s marks on one letter."),
            code="combining_marks",
            params={"most": MOST_COMBINING_MARKS},
        )


def refuse_secret(text: str) -> None:
    """Raise `ValidationError` for a text that holds a token or another secret of this service."""
    if refusal := refusal_of(text):
        raise ValidationError(refusal, code="secret")


def is_invisible(text: str, position: int) -> bool:
    """Whether the character there has no shape of its own, and joins nothing either."""
    character = text[position]
    if character in JOINERS:
        return not joins(text, position)
    return unicodedata.category(character) in INVISIBLE_CATEGORIES or BLANK.match(character) is not None


def joins(text: str, position: int) -> bool:
    """Whether a joiner stands where the script has a use for it (RFC 5892, appendices A.1 and A.2)."""
    start = max(0, position - NEIGHBOURS)
    try:
        return idna.valid_contextj(text[start : position + NEIGHBOURS], position - start)
    except ValueError:
        # A neighbour is an unassigned character.
        return False


def is_mark(character: str) -> bool:
    """Whether the character is drawn over, under or around the one before it."""
    return unicodedata.category(character).startswith("M")


def readable(text: str) -> str:
    """The valid part of a text from elsewhere, which nobody here can correct; it may be empty."""
    text = tidied(text)
    try:
        require_readable(text)
    except ValidationError:
        text = tidied("".join(text[position] for position in range(len(text)) if not is_invisible(text, position)))
        try:
            require_readable(text)
        except ValidationError:
            return ""
    return text


class NotRepeated:
    """A field that comes back empty after a secret was typed into it."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        """The typed text, as the form shows it again."""
        shown = super().bound_data(data, initial)  # type: ignore[misc] # of the field beside it
        return "" if isinstance(shown, str) and holds_secret(shown) else shown


class WordField(NotRepeated, forms.CharField):
    """A name in a given alphabet, or words to look for: anything but a secret."""

    default_validators = [refuse_secret]  # noqa: RUF012 - as Django declares it


class EmailField(NotRepeated, forms.EmailField):
    """An e-mail address that is no secret."""

    default_validators = [*forms.EmailField.default_validators, require_readable]  # noqa: RUF012 - as Django declares it


class LineField(NotRepeated, forms.CharField):
    """A line of free text (TXT-1)."""

    default_validators = [require_readable]  # noqa: RUF012 - as Django declares it

    def to_python(self, value: Any) -> str:
        """The text, tidied."""
        return tidied(super().to_python(value) or "")


class ListedField(forms.ChoiceField):
    """One of the listed values; the message does not repeat another one, which may be a secret."""

    default_error_messages = {"invalid_choice": _("Choose one of the listed values.")}  # noqa: RUF012 - as Django has it


class ChosenField(forms.MultipleChoiceField):
    """Several of the choices; the message repeats an invalid choice, unless it is a secret."""

    def validate(self, value: Any) -> None:
        """Check the chosen values against the choices."""
        for one in value:
            refuse_secret(one)
        super().validate(value)


class WordColumn(_CharColumn):
    """A stored name in a given alphabet, which is no secret. In migrations a `CharField`."""

    form_class: type[forms.CharField] = WordField
    default_validators = [refuse_secret]  # noqa: RUF012 - as Django declares it

    def deconstruct(self) -> Any:
        """The column as a migration keeps it, without the rule, which only Python knows."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """The field of a form."""
        return super().formfield(**{"form_class": self.form_class, **kwargs})


class LineColumn(WordColumn):
    """A stored line of free text, tidied whenever it is cleaned (TXT-1). In migrations a `CharField`."""

    form_class = LineField

    def to_python(self, value: Any) -> Any:
        """The text, tidied."""
        value = super().to_python(value)
        return tidied(value) if isinstance(value, str) else value


class EmailColumn(_EmailColumn):
    """A stored e-mail address that is no secret. In migrations an `EmailField`."""

    default_validators = [*models.EmailField.default_validators, require_readable]  # noqa: RUF012 - as Django declares it

    def deconstruct(self) -> Any:
        """The column as a migration keeps it, without the rule, which only Python knows."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """The field of a form."""
        return super().formfield(**{"form_class": EmailField, **kwargs})
