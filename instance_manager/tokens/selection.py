"""Which tokens an address or a form chooses, and what a question about them shows (MANY-1)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.forms.fingerprints import fingerprint
from instance_manager.addresses import inventory_url
from instance_manager.tokens.lists import inventory_filter_form
from reference_tokens.lists.finding.conditions import filtered_tokens

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from reference_tokens.lifecycle.selection import TokenGroup
    from reference_tokens.models import ReferenceTokenQuerySet


# Says that every token is meant which the filters of the address leave, not only those that are ticked.
MATCHING = "matching"


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen tokens, what chose them, for the audit log and as fields of a form, and the list they stand in."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]
    fields: list[tuple[str, str]]
    list_url: str


@dataclass(frozen=True, slots=True)
class ShownSelection:
    """What is counted and shown of a selection: its tokens, and the old values that live on beside them."""

    selection: Selection
    group: TokenGroup
    ids: list[uuid.UUID]
    old_values: ReferenceTokenQuerySet
    old_ids: list[uuid.UUID]

    @property
    def seen(self) -> str:
        """A fingerprint of all of it."""
        return fingerprint([*self.ids, *self.old_ids])


def selection_of(query: QueryDict, possible: ReferenceTokenQuerySet, now: datetime) -> Selection | None:
    """What an address or a form chooses: the ticked tokens, or all that match its filters; None where nothing."""
    form = inventory_filter_form(query)
    ids = [token_id for token_id in map(id_or_none, query.getlist("token")) if token_id]
    if form.errors or not (ids or MATCHING in query):
        return None
    filters = form.filters
    fields, list_url = list(filters.parameters.items()), inventory_url() + filters.url()
    if MATCHING in query:
        tokens = filtered_tokens(possible, filters, now)
        return Selection(tokens, filters.for_record, [*fields, (MATCHING, "1")], list_url)
    fields += [("token", str(pk)) for pk in ids]
    return Selection(possible.filter(pk__in=ids), {"tokens": [str(pk) for pk in ids]}, fields, list_url)


def id_or_none(text: str) -> uuid.UUID | None:
    """The id; None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
