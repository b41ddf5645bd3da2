"""Dates as each language writes them, with the short names of its months."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from accounts.text.languages import date_in_words, dates_for_scripts, day_in_words

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("language", "month", "whole", "day"),
    [
        ("en", 3, "5 Mar 2026", "5 Mar"),
        ("de", 3, "5. März 2026", "5. März"),
        ("de", 12, "5. Dez. 2026", "5. Dez."),
        ("bg", 3, "5 мар 2026 \N{CYRILLIC SMALL LETTER GHE}.", "5 мар"),
    ],
)
def test_a_date_is_written_as_its_language_does(language: str, month: int, whole: str, day: str) -> None:
    with translation.override(language):
        assert (date_in_words(date(2026, month, 5)), day_in_words(date(2026, month, 5))) == (whole, day)


def test_scripts_have_the_short_german_months_of_the_server() -> None:
    with translation.override("de"):
        told = dates_for_scripts()
    assert told["months"] == "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."
    assert told["date_pattern"] == "{day}. {month} {year}"
