"""Instants and days in requests, as RFC 3339 writes them. The library by itself takes `0` for a day in 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


def instant_of(value: Any) -> datetime:
    """The instant in UTC; raises `ValueError` for what names none, or no offset."""
    if isinstance(value, str) and INSTANT.match(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("Write an instant with its offset: 2030-01-31T12:00:00Z.")


def written_as_day(value: Any) -> Any:
    """The text, if it is written as a day; the library reads it."""
    if isinstance(value, str) and DAY.match(value):
        return value
    raise ValueError("Write a day: 2030-01-31.")


Day = Annotated[date, BeforeValidator(written_as_day)]
Instant = Annotated[datetime, BeforeValidator(instant_of)]
