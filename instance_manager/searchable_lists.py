"""Lists by name: fifty a page, with a search, at the same cost for any number of rows."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.database.replica import read_from_replica
from accounts.text.case_folding import contains_text
from accounts.text.free_text import WordField
from reference_tokens.lists.capped_count import MANY, CappedCount, count_of_list
from reference_tokens.lists.in_time import rows_in_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet, TextChoices
    from django.utils.functional import Promise

PAGE_SIZE = 50


class SearchForm(forms.Form):
    """The search of a list by name."""

    q = WordField(required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"}))


class SearchableList(NamedTuple):
    """A page of a list: its rows, the number of rows on all pages, and the context of its template."""

    shown: list[Any]
    total: CappedCount
    context: dict[str, Any]


def searchable_list(  # noqa: PLR0913 - what is listed, searched and kept
    rows: QuerySet[Any],
    query: Mapping[str, str],
    *,
    label: Promise | str,
    columns: tuple[str, ...],
    url: str,
    narrowed: dict[str, str] | None = None,
    states: type[TextChoices] | None = None,
) -> SearchableList:
    """The page of these rows that the address asks for; `columns` are searched.

    `narrowed` are the parameters of the address that narrow the rows; the links to other pages keep them.
    `states` are those that the list offers to be narrowed to, by the parameter `state`.
    """
    narrowed = narrowed or {}
    # PostgreSQL takes no NUL, and no name has one.
    words = query.get("q", "").replace("\0", "").strip()
    if words:
        rows = rows.filter(functools.reduce(operator.or_, [contains_text(column, words) for column in columns]))
    read, total = read_from_replica(lambda: rows_and_count(rows, query.get("after", "")))
    found = read or []
    shown = found[:PAGE_SIZE]
    form = search_form(words, narrowed, label)
    kept = narrowed | ({"q": words} if words else {})
    context = {
        "filters": form if kept or total == MANY or total.number > PAGE_SIZE else None,
        "takes_too_long": _("Search for other words, or clear the search and turn the pages.") if read is None else "",
        "is_filtered": bool(kept),
        "clear_url": url,
        "views": views(states, kept) if states else [],
        "page": {
            "newer_url": "?" + urlencode(kept) if "after" in query else "",
            "older_url": "?" + urlencode(kept | {"after": shown[-1].pk}) if len(found) > PAGE_SIZE else "",
            "newer_label": _("First page"),
            "older_label": _("Next page"),
        },
    }
    return SearchableList(shown, total, context)


def rows_and_count(rows: QuerySet[Any], after: str) -> tuple[list[Any] | None, CappedCount]:
    """The rows of a page and one more, as far as they are read in time, and how many there are on all pages."""
    read = rows_in_time(lambda: list(rows_after(rows, after).order_by("name", "pk")[: PAGE_SIZE + 1]))
    return read, count_of_list(rows, read, is_all=not after and len(read or []) <= PAGE_SIZE)


def search_form(words: str, narrowed: dict[str, str], label: Promise | str) -> SearchForm:
    """The form with these words, which keeps what else narrows the list."""
    form = SearchForm({"q": words} | narrowed)
    form.fields["q"].label = str(label)
    for name in narrowed:
        form.fields[name] = forms.CharField(widget=forms.HiddenInput)
    return form


def chosen_state(states: type[TextChoices], query: Mapping[str, str]) -> dict[str, str]:
    """The state that the address narrows a list to, as `narrowed` takes it; nothing where it names none of these."""
    state = query.get("state", "")
    return {"state": state} if state in states.values else {}


def views(states: type[TextChoices], kept: dict[str, str]) -> list[dict[str, Any]]:
    """Links to the list in each state, and in any, with what else narrows it."""
    others = {name: value for name, value in kept.items() if name != "state"}
    choices = [("", _("All")), *states.choices]
    return [
        {
            "label": label,
            "url": "?" + urlencode(others | ({"state": state} if state else {})),
            "current": state == kept.get("state", ""),
        }
        for state, label in choices
    ]


def rows_after(rows: QuerySet[Any], pk: str) -> QuerySet[Any]:
    """The rows after the one of this id in the list; all rows if none has the id."""
    try:
        place = rows.model._default_manager.filter(pk=pk).values_list("name", "pk").first()  # noqa: SLF001 - as Django documents it
    except (ValidationError, ValueError):
        place = None
    if place is None:
        return rows
    name, pk = place
    # In this form an index of names leads to the place.
    return rows.filter(name__gte=name).exclude(name=name, pk__lte=pk)
