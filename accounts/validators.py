"""Rules for text that people type and others read."""

from __future__ import annotations

import unicodedata
import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

USERNAME_PATTERN = r"^[A-Za-z0-9._@-]+\Z"

username_characters = RegexValidator(
    USERNAME_PATTERN,
    _("Use only letters from A to Z, digits, and the characters . _ @ -"),
    code="username_characters",
)


def plain_text(value: str) -> None:
    """Refuse characters that have no shape of their own: controls, bidirectional overrides, zero width.

    They make one name look like another, or forge a line of a log (ASVS v5.0.0-1.1.1, 2.2.1).
    """
    # Cc controls, Cf formats (bidi, zero width), Cs surrogates, Zl and Zp line and paragraph separators.
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in value):
        raise ValidationError(_("Remove the invisible characters."), code="invisible_characters")


def known_time_zone(value: str) -> None:
    """Refuse what is no time zone of the IANA database, as in "Europe/Berlin"."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("Choose one of the listed time zones."), code="unknown_time_zone")
