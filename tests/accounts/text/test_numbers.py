"""Numbers as each language groups their digits."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.text.numbers import grouped_number

pytestmark = pytest.mark.once

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["0", "999", "1,000", "9,999", "12,345", "1,234,567", "-1,234"]),
        ("de", ["0", "999", "1.000", "9.999", "12.345", "1.234.567", "-1.234"]),
        ("bg", ["0", "999", "1000", "9999", f"12{NBSP}345", f"1{NBSP}234{NBSP}567", "-1234"]),
    ],
)
def test_the_digits_of_a_number_stand_in_groups(language: str, written: list[str]) -> None:
    with translation.override(language):
        assert [grouped_number(number) for number in (0, 999, 1000, 9999, 12345, 1234567, -1234)] == written
