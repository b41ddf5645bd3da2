"""The languages that the service speaks, and how each writes a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language

# How a date is written with the short name of its month: as CLDR has it in German, and in Bulgarian but for the names
# of its months, which are Django's. The other languages write it as English does.
DATES: Mapping[str, str] = {"de": "{day}. {month} {year}", "bg": "{day} {month} {year} \N{CYRILLIC SMALL LETTER GHE}."}
DAYS: Mapping[str, str] = {"de": "{day}. {month}"}
# The short names of months that Django has otherwise than CLDR.
MONTHS: Mapping[str, list[str]] = {
    "de": ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."]
}
NO_CAPITALS = {"bg"}


def spoken(language: str) -> str:
    """The language itself, or the one of the service where it is not spoken (any more)."""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def date_in_words(value: date) -> str:
    """The date as it stands there, as in "23 Dec 2026".

    Django's formats are read anew for each value, which pages of many rows feel.
    """
    language = get_language()
    return date_pattern(language).format(day=value.day, month=months(language)[value.month - 1], year=value.year)


def day_in_words(value: date) -> str:
    """The date without its year, as in "23 Dec"."""
    language = get_language()
    return DAYS.get(language or "", "{day} {month}").format(day=value.day, month=months(language)[value.month - 1])


def instant_in_words(value: datetime) -> str:
    """The date and the time to the minute as they stand there, as in "23 Dec 2026, 12:00"."""
    return f"{date_in_words(value)}, {value:%H:%M}"


def date_pattern(language: str | None) -> str:
    """How the language writes a date."""
    return DATES.get(language or "", "{day} {month} {year}")


@cache
def months(language: str | None) -> list[str]:
    """The short names of the months in the language, which is the one of the thread."""
    if language and language in MONTHS:
        return MONTHS[language]
    names = [str(MONTHS_3[month]) for month in range(1, 13)]
    return names if language in NO_CAPITALS else [name.title() for name in names]


def dates_for_scripts() -> dict[str, Any]:
    """For scripts, which write dates as the server does."""
    language = get_language()
    return {"date_pattern": date_pattern(language), "months": " ".join(months(language))}
