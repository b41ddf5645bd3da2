"""The first few of many, as a page or a row names them, with a link to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import ngettext

from accounts.text.numbers import grouped_number
from accounts.text.shortened_lists import MOST_NAMED

if TYPE_CHECKING:
    from django.db.models import QuerySet


def first_few(rows: QuerySet[Any], url: str) -> dict[str, Any]:
    """The first of these rows, and a link to all with the number of the others."""
    first = list(rows[: MOST_NAMED + 1])
    if len(first) <= MOST_NAMED:
        return {"first": first, "more": None}
    others = rows.count() - MOST_NAMED
    text = ngettext("and %(count)s more", "and %(count)s more", others)
    more = {"url": url, "text": text % {"count": grouped_number(others)}}
    return {"first": first[:MOST_NAMED], "more": more}
