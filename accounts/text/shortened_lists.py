"""Lists of names in a sentence: a few names, and the count of the others."""

from __future__ import annotations

from django.utils.translation import ngettext

from accounts.text.numbers import grouped_number

# A page names so many of what belongs to its object; the others stand on pages of their own.
MOST_NAMED = 10


def shortened_list(names: list[str], count: int) -> str:
    """The first names of a list of this count, and how many are left out; empty for an empty list."""
    others = count - len(names)
    if not others:
        return ", ".join(names)
    text = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", others)
    return text % {"names": ", ".join(names), "count": grouped_number(others)}
