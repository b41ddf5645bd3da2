"""Numbers as people read them."""

from __future__ import annotations

from django.utils.formats import get_format
from django.utils.translation import get_language

# CLDR's minimumGroupingDigits is 2 there: a number of four digits is not divided.
UNDIVIDED_BELOW = {"bg": 10_000}


def grouped_number(value: int) -> str:
    """A whole number with its digits in groups of three, as in 12,345.

    Django has the sign between the groups for each language, but says for some that there are no groups.
    """
    if abs(value) < UNDIVIDED_BELOW.get(get_language() or "", 1000):
        return str(value)
    return f"{value:,}".replace(",", get_format("THOUSAND_SEPARATOR"))
