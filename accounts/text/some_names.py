"""Naming some of many, and counting the others: what is said of a set stays short however much is in it."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import ngettext

# What the page of something names of what belongs to it; the others stand on pages of their own.
MOST_NAMED = 10


def some_of(names: list[str], count: int) -> str:
    """The first names of so many, and how many are not among them; empty where there are none."""
    others = count - len(names)
    if not others:
        return ", ".join(names)
    text = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", others)
    return text % {"names": ", ".join(names), "count": number_format(others, force_grouping=True)}
