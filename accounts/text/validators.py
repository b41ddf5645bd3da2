"""Rules for text that people type and others read."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.text.free_text import require_readable

USERNAME_CHARACTERS = "A-Za-z0-9._@+#-"
USERNAME_PATTERN = rf"^[{USERNAME_CHARACTERS}]+\Z"

username_characters = RegexValidator(
    USERNAME_PATTERN,
    _("Use only letters from A to Z, digits, and the characters . _ @ + # -"),
    code="username_characters",
)


def plain_text(value: str) -> None:
    """Refuse a text that is invisible, misleads the eye or is a secret (TXT-1; ASVS v5.0.0-1.1.1, 2.2.1).

    It does not tidy the text first, as the fields of `accounts.text.free_text` do. Migrations know it by this name.
    """
    require_readable(value)


def known_language(value: str) -> None:
    """Refuse a language that the service does not speak; "de" is German."""
    if value not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose one of the languages."), code="unknown_language")


def known_time_zone(value: str) -> None:
    """Refuse a name that is no time zone of the IANA database; "Europe/Berlin" is one."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("Choose one of the listed time zones."), code="unknown_time_zone")
