"""The expiration times that the form offers, each with the instant it means (TOK-5, T6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.instants import on_clock, zone_named
from accounts.text.languages import date_in_words, instant_in_words
from reference_tokens.models.lifetime import expiry_in_days, maximum_days

if TYPE_CHECKING:
    from datetime import datetime

    from trusted_apps.models import TrustedApplication

PRESET_DAYS = (7, 30, 60, 90, 365)
CUSTOM, NEVER = "custom", "never"
EVERY_EXPIRY = (*map(str, PRESET_DAYS), CUSTOM, NEVER)


@dataclass(frozen=True, slots=True)
class ExpiryChoice:
    """One card of the expiration time: what it means, in UTC and to the viewer."""

    value: str
    label: str
    instant_text: str
    local_text: str
    checked: bool

    @property
    def day_text(self) -> str:
        """The date that the choice means, or what stands in its place."""
        return self.instant_text.removesuffix(self.time_text)

    @property
    def time_text(self) -> str:
        """The time of day in UTC, behind the date."""
        return self.instant_text[-len(", 12:00") :] if self.value.isdigit() else ""

    @property
    def summary(self) -> str:
        """How long the token lives, in the sentence that sums the form up; of a custom instant the browser says it."""
        if self.value == NEVER:
            return _("without expiration")
        if self.value == CUSTOM:
            return ""
        beside = f" ({self.local_text})" if self.local_text else ""
        return _("until %(instant)s") % {"instant": f"{self.instant_text} UTC{beside}"}


def offered_expiries(application: TrustedApplication) -> list[tuple[str, str]]:
    """The values and labels of the expiration times that the application allows."""
    presets = [(str(days), ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in PRESET_DAYS]
    every = [*presets, (CUSTOM, _("Custom…")), (NEVER, _("No expiration"))]
    return [(value, label) for value, label in every if allows_expiry(application, value)]


def expiry_choices(
    application: TrustedApplication, *, checked: str, now: datetime, time_zone: str
) -> list[ExpiryChoice]:
    """The expiration times that the application allows, as cards."""
    return [
        ExpiryChoice(
            value=value,
            label=label,
            instant_text=instant_text(value, now),
            local_text=local_time_beside(expiry_in_days(int(value), now), time_zone) if value.isdigit() else "",
            checked=value == checked,
        )
        for value, label in offered_expiries(application)
    ]


def allows_expiry(application: TrustedApplication, value: str) -> bool:
    """Whether the application allows an expiration time of the form (TOK-5)."""
    if value == NEVER:
        return application.allows_tokens_without_expiry
    return value == CUSTOM or int(value) <= maximum_days(application)


def instant_text(value: str, now: datetime) -> str:
    """What a choice means, in UTC to the minute."""
    if value == CUSTOM:
        return _("Date and time")
    if value == NEVER:
        return _("Not recommended")
    return instant_in_words(expiry_in_days(int(value), now))


def local_text(instant: datetime, time_zone: str) -> str:
    """The instant on the viewer's clock, with the name of the time zone; empty where the clock shows UTC anyway, or
    does not reach the instant.

    UTC stands beside it, which tells apart the hour that clocks show twice.
    """
    local = on_clock(instant, zone_named(time_zone))
    if local is None or not local.utcoffset():
        return ""
    return f"{instant_in_words(local)} {time_zone}"


def local_time_beside(instant: datetime, time_zone: str) -> str:
    """The local time as it stands beside the instant in UTC: without the date where that is the same."""
    return local_text(instant, time_zone).removeprefix(f"{date_in_words(instant)}, ")
