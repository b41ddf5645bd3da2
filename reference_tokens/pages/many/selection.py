"""Which tokens an address or a form chooses, and what a question about them shows (MANY-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.forms.fingerprints import fingerprint
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.lists.finding.words import id_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from reference_tokens.lifecycle.selection import Chosen, TokenGroup
    from reference_tokens.lists.filtering.form import TokenFilterForm
    from reference_tokens.models import ReferenceTokenQuerySet
    from reference_tokens.pages.token_site import TokenSite

# Says that those are meant which one act suspended.
TOGETHER = "suspension"
# Says that every token is meant which the filters of the address leave, not only those that are ticked.
MATCHING = "matching"


@dataclass(frozen=True, slots=True)
class ManySite:
    """The list of a site whose tokens are acted on together, and the filters that its address takes."""

    # Whose tokens, and through which door: nobody chooses others, whatever an address says.
    pages: TokenSite
    list_url: Callable[[], str]
    filter_form: Callable[[Mapping[str, str]], TokenFilterForm]
    # The page that takes back a suspension of many, by its name; empty where nobody may.
    resume: str = ""
    # Nobody is told how many tokens of their own are theirs, or asked why they act on them.
    is_of_one_owner: bool = False


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
    chosen: Chosen
    group: TokenGroup
    old_values: ReferenceTokenQuerySet
    old_ids: list[str]

    @property
    def seen(self) -> str:
        """A fingerprint of all of it."""
        return fingerprint([*self.chosen.ids, *self.old_ids])


def selection_of(site: ManySite, query: QueryDict, possible: ReferenceTokenQuerySet, now: datetime) -> Selection | None:
    """What an address or a form chooses: the ticked tokens, all that match its filters, or what was suspended together.

    None where it chooses nothing.
    """
    form = site.filter_form(query)
    if form.errors:
        return None
    filters = form.filters
    fields, list_url = list(filters.parameters.items()), (site.list_url() + filters.url()).removesuffix("?")
    if together := id_in(query.get(TOGETHER, "")):
        fields += [(TOGETHER, str(together))]
        return Selection(possible.filter(suspension_id=together), {TOGETHER: str(together)}, fields, list_url)
    if MATCHING in query:
        tokens = filtered_tokens(possible, filters, now)
        return Selection(tokens, filters.for_record, [*fields, (MATCHING, "1")], list_url)
    if ids := [token_id for token_id in map(id_in, query.getlist("token")) if token_id]:
        fields += [("token", str(pk)) for pk in ids]
        return Selection(possible.filter(pk__in=ids), {"tokens": [str(pk) for pk in ids]}, fields, list_url)
    return None
