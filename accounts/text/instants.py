"""Reading instants that people and programs write, and showing them in a time zone."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, tzinfo


def parse_instant(text: str) -> datetime:
    """The ISO 8601 instant, in UTC where it names no offset; raises `ValueError` for an invalid one."""
    value = datetime.fromisoformat(text)
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def zone_named(name: str) -> tzinfo:
    """The time zone of the IANA database; UTC where this machine does not know it."""
    return zoneinfo.ZoneInfo(name) if is_known_zone(name) else UTC


def is_known_zone(name: str) -> bool:
    """Whether this machine knows the time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def on_clock(instant: datetime, zone: tzinfo) -> datetime | None:
    """The instant in the time zone; None at the ends of the calendar, which some zones do not reach."""
    try:
        return instant.astimezone(zone)
    except OverflowError:
        return None
