"""The expiration times that the form offers, each with the instant it means (TOK-5, T6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.instants import on_clock, zone_named
from reference_tokens.models.lifetime import expiry_in_days, maximum_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trusted_apps.models import TrustedApplication

PRESET_DAYS = (7, 30, 60, 90, 365)
CUSTOM, NEVER = "custom", "never"


@dataclass(frozen=True, slots=True)
class ExpiryChoice:
    """One card of the expiration time: what it means, in UTC and to the viewer, and the applications that allow it."""

    value: str
    label: str
    instant_text: str
    local_text: str
    checked: bool
    applications: list[str]
    # The names of those, where others that may be chosen do not allow it.
    allowed_by: str


def offered_expiries(applications: Sequence[TrustedApplication]) -> list[tuple[str, str]]:
    """The values and labels of the expiration times that at least one of the applications allows."""
    presets = [(str(days), ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in PRESET_DAYS]
    every = [*presets, (CUSTOM, _("Custom…")), (NEVER, _("No expiration"))]
    return [(value, label) for value, label in every if any(allows_expiry(one, value) for one in applications)]


def expiry_choices(
    applications: Sequence[TrustedApplication], *, checked: str, now: datetime, time_zone: str
) -> list[ExpiryChoice]:
    """The expiration times that at least one of the applications allows, as cards."""
    return [
        ExpiryChoice(
            value=value,
            label=label,
            instant_text=instant_text(value, now),
            local_text=local_time_beside(expiry_in_days(int(value), now), time_zone) if value.isdigit() else "",
            checked=value == checked,
            applications=[str(application.pk) for application in allowing],
            allowed_by=application_names(allowing) if len(allowing) < len(applications) else "",
        )
        for value, label in offered_expiries(applications)
        for allowing in [[application for application in applications if allows_expiry(application, value)]]
    ]


def allows_expiry(application: TrustedApplication, value: str) -> bool:
    """Whether the application allows an expiration time of the form (TOK-5)."""
    if value == NEVER:
        return application.allows_tokens_without_expiry
    return value == CUSTOM or int(value) <= maximum_days(application)


def application_names(applications: Sequence[TrustedApplication]) -> str:
    """The applications as a list in words."""
    return ", ".join(application.name for application in applications)


def instant_text(value: str, now: datetime) -> str:
    """What a choice means, in UTC to the minute."""
    if value == CUSTOM:
        return _("Pick date and time")
    if value == NEVER:
        return _("Not recommended")
    return f"{expiry_in_days(int(value), now):%-d %b %Y, %H:%M}"


def local_text(instant: datetime, time_zone: str) -> str:
    """The instant on the viewer's clock, with the name of that clock's time; empty where it shows UTC anyway,
    or does not reach the instant.

    An instant has one local time, whatever the clocks do then; the name tells apart the hour that they have twice.
    """
    local = on_clock(instant, zone_named(time_zone))
    if local is None or not local.utcoffset():
        return ""
    name = local.tzname() or ""
    # The database gives a time without a name its offset alone, as in -03.
    return f"{local:%-d %b %Y, %H:%M} {name if name.isalpha() else f'UTC{name}'}"


def local_time_beside(instant: datetime, time_zone: str) -> str:
    """The local time as it stands beside the instant in UTC: without the date where that is the same."""
    return local_text(instant, time_zone).removeprefix(f"{instant:%-d %b %Y}, ")
