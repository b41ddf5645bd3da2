"""Numbers as people read them."""

from __future__ import annotations

from django.utils.formats import number_format


def grouped_number(value: int) -> str:
    """A whole number with its digits in groups, as in 12,345."""
    return number_format(value, force_grouping=True)
