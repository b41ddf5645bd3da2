"""Times as the pages say them: relative to now, exact in the reader's zone and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone as django_timezone

from accounts.templatetags.interface import day, exact, relative

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-59, "just now"),
        (1, "in less than a minute"),
        (59, "in less than a minute"),
        (60, "in 1 minute"),
        (-60, "1 minute ago"),
        (-12 * 60, "12 minutes ago"),
        (-3599, "59 minutes ago"),
        (-3600, "1 hour ago"),
        (-86_399, "23 hours ago"),
        (-86_400, "yesterday"),
        (-36 * 3600, "yesterday"),
        (-36 * 3600 - 1, "2 days ago"),
        (-2 * 86_400 + 1, "2 days ago"),
        (-2 * 86_400, "2 days ago"),
        (86_400, "in 24 hours"),
        (30 * 86_400 - 5, "in 30 days"),
        (99 * 86_400, "in 99 days"),
        (100 * 86_400, "in 3 months"),
        (-365 * 86_400, "12 months ago"),
        (730 * 86_400, "in 2 years"),
    ],
)
def test_how_far_away_an_instant_is(seconds: int, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert relative(NOW + timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("zone", "words"), [("UTC", "yesterday"), ("Pacific/Auckland", "2 days ago")])
def test_yesterday_is_a_day_of_the_readers_calendar(zone: str, words: str) -> None:
    # At noon of UTC it is one o'clock of the next day in Auckland; 26 hours before, late on the day before the last.
    with time_machine.travel(NOW, tick=False), django_timezone.override(zone):
        assert relative(NOW - timedelta(hours=26)) == words


def test_nothing_is_said_of_no_instant() -> None:
    assert relative(None) == ""


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "23 Nov 2026, 12:00:00 UTC"),
        ("Europe/Berlin", "23 Nov 2026, 13:00:00 Europe/Berlin (23 Nov 2026, 12:00:00 UTC)"),
        ("Pacific/Auckland", "24 Nov 2026, 01:00:00 Pacific/Auckland (23 Nov 2026, 12:00:00 UTC)"),
        ("Europe/London", "23 Nov 2026, 12:00:00 UTC"),
    ],
)
def test_t6_an_exact_time_names_the_zone_and_says_utc_where_they_differ(zone: str, words: str) -> None:
    with django_timezone.override(zone):
        assert exact(NOW) == words
        assert exact(NOW, "minutes") == words.replace(":00:00", ":00")
        assert exact(None) == ""


def test_a_day_is_the_one_of_the_reader() -> None:
    with django_timezone.override("Pacific/Auckland"):
        assert day(NOW) == "24 Nov 2026"
