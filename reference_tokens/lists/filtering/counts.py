"""How many tokens the list would have with each choice of a filter, beside the other filters that are set.

A page does not wait for these counts: they are asked for once the filters are opened.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.database.replica import read_from_replica
from accounts.database.statement_time import TakesTooLong, statements_within
from reference_tokens.lists.capped_count import MANY
from reference_tokens.lists.finding.shortlist import FEW, number_of
from reference_tokens.lists.finding.states import ListState

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lists.capped_count import CappedCount
    from reference_tokens.lists.filtering.form import TokenFilterForm
    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet

# The filters of few choices.
COUNTED = ("state", "kind", "no_expiry", "outside")
# For all counts together.
SECONDS = 1.5


class CountedChoice(NamedTuple):
    """What a choice says once it is counted: by the id of its field and its value."""

    field_id: str
    value: str
    text: str


def counted_choices(
    tokens: ReferenceTokenQuerySet, form: TokenFilterForm, now: datetime, *, is_of_one_owner: bool = False
) -> list[CountedChoice]:
    """Every choice of these filters; without a count where there was no time for it."""
    choices = [
        (form[name].id_for_label, str(value), str(label), with_choice(form.filters, name, value))
        for name in COUNTED
        if name in form.fields
        for value, label in form.fields[name].widget.choices
    ]
    numbers: dict[TokenFilters, CappedCount] = {}

    def count() -> None:
        # The filters that are set already are a choice of each field.
        for filters in dict.fromkeys(choice[-1] for choice in choices):
            numbers[filters] = number_of(tokens, filters, now, FEW, is_of_one_owner=is_of_one_owner)

    with suppress(TakesTooLong), statements_within(SECONDS):
        read_from_replica(count)
    return [
        CountedChoice(field_id, value, with_count(label, numbers.get(filters, MANY)))
        for field_id, value, label, filters in choices
    ]


def with_choice(filters: TokenFilters, name: str, value: str) -> TokenFilters:
    """The filters with this choice in one of them."""
    read: dict[str, Callable[[str], Any]] = {"state": ListState, "no_expiry": bool}
    return replace(filters, **{name: read.get(name, str)(value)})


def with_count(label: str, number: CappedCount) -> str:
    """The words of a choice, with the number behind them where it is known."""
    return label if number == MANY else _("%(choice)s (%(count)s)") % {"choice": label, "count": number}
