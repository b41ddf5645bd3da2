"""The form of a list's filters: it reads them from the address, and shows them with what can be chosen.

A value that is not understood counts as not set, and the page says so. A whole token never stands in an address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.text.free_text import ListedField, WordField
from reference_tokens.lists.filtering.chips import chips_of
from reference_tokens.lists.filtering.offered import links_to, said_of
from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.finding.filters import PARAMETERS, TokenFilters
from reference_tokens.lists.finding.states import ENDED_STATES, LIVE_STATES, ListState
from reference_tokens.lists.search import WITHOUT_TOKEN, holds_token
from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import Outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.functional import _StrPromise

    from reference_tokens.lists.filtering.offered import Offered

ORDERS = {
    token_order.ISSUED: gettext_lazy("Newest first"),
    token_order.EXPIRY: gettext_lazy("Expires first"),
    token_order.USED: gettext_lazy("Last used first"),
    token_order.UNUSED: gettext_lazy("Longest unused first"),
}
# Each is looked for among all applications and people.
MOST_WORDS = 10
EXPIRIES = [("", gettext_lazy("Any")), ("1", gettext_lazy("Never expires"))]
REASONS = [("", gettext_lazy("Any")), *Outside.choices]
KINDS = [("", gettext_lazy("Any")), *((kind.value, kind.value) for kind in ReferenceToken.Kind)]


# More days than a token of anybody lives.
MOST_DAYS = 36_500


def days_field(label: _StrPromise) -> forms.IntegerField:
    """A number of days."""
    message = gettext_lazy("Enter a number of days from 1 to 36500.")
    messages = dict.fromkeys(("invalid", "min_value", "max_value"), message)
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=MOST_DAYS, error_messages=messages)


class TokenFilterForm(forms.Form):
    """The filters and the order of a list, as its address has them (`filters`) and as the page shows them."""

    q = WordField(label=gettext_lazy("Search tokens"), required=False, max_length=200)
    state = ListedField(label=gettext_lazy("State"), required=False, choices=ListState.choices)
    kind = ListedField(label=gettext_lazy("Kind"), required=False, choices=KINDS)
    application = WordField(label=gettext_lazy("Trusted Application"), required=False, max_length=200)
    owner = WordField(label=gettext_lazy("Owner (user name)"), required=False, max_length=150)
    group = WordField(label=gettext_lazy("Group of the owner"), required=False, max_length=150)
    server = WordField(label=gettext_lazy("Resource Server (ID)"), required=False, max_length=200)
    scope = WordField(label=gettext_lazy("Scope"), required=False, max_length=200)
    unused = days_field(gettext_lazy("Unused for (days)"))
    never_used = days_field(gettext_lazy("Never used for (days)"))
    expires_within = days_field(gettext_lazy("Expires within (days)"))
    no_expiry = ListedField(label=gettext_lazy("Expiry"), required=False, choices=EXPIRIES)
    issued_before = forms.DateField(
        label=gettext_lazy("Issued before (UTC)"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    outside = ListedField(label=gettext_lazy("Outside policy because"), required=False, choices=REASONS)
    sort = ListedField(label=gettext_lazy("Sort by"), required=False, choices=list(ORDERS.items()))

    def __init__(self, query: Mapping[str, str], *, names: Iterable[str], offered: Offered) -> None:
        """`names`: the filters that this list offers; it takes no others from its address."""
        self.shown = {name: query.get(name, "") for name in PARAMETERS}
        super().__init__(self.shown, auto_id="filter_%s")
        for name in {"kind", "application", "owner", "group", "server", "scope"} - {*names}:
            del self.fields[name]
        self._offer_choices(offered)
        self.full_clean()
        self.filters = filters_of(self.cleaned_data)
        named = offered.named(self.filters.application)
        self.chips = chips_of(self.filters, {self.filters.application: named.name} if named else {})
        meant = offered.meant(self.filters.application)
        # Where a text stands in several names or URIs, one of them can be chosen.
        self.applications = links_to(meant, self.filters, said_of(meant) if meant else "")
        self.choices_url, self.pattern = offered.url, WITHOUT_TOKEN
        # What was typed as a number stays to be corrected; other text may be a secret.
        self.shown |= {name: "" for name in self.errors if not re.fullmatch(r"-?[0-9]{1,10}", self.shown[name])}
        if named:
            # Also where the address names it by its id.
            self.shown["application"] = named.application_uri
        self._show_state_and_order()

    def clean_q(self) -> str:
        """The words to look for, never a token."""
        words = str(self.cleaned_data["q"])
        if holds_token(words):
            raise forms.ValidationError(_("Tokens cannot be searched by their value here."))
        if len(set(words.split())) > MOST_WORDS:
            raise forms.ValidationError(_("Search for at most %(most)s words.") % {"most": MOST_WORDS})
        return words

    @property
    def finer_fields(self) -> list[forms.BoundField]:
        """The fields beside the search."""
        return [field for field in self if field.name != "q"]

    @property
    def is_open(self) -> bool:
        """Whether a field shows what was typed to be corrected, or to be chosen from."""
        return any(self.shown[name] for name in self.errors) or bool(self.applications.found)

    def _offer_choices(self, offered: Offered) -> None:
        """Let scopes be chosen rather than typed, where they are not too many."""
        self.fields["q"].widget.attrs = {
            "pattern": WITHOUT_TOKEN,
            "title": _("Do not enter a whole token here"),
            "placeholder": _("Description, application, person, hint or ID")
            if "owner" in self.fields
            else _("Description, application, hint or ID"),
        }
        self.fields["q"].widget.input_type = "search"
        if offered.are_all:
            scopes = sorted({scope for one in offered.applications for scope in one.scopes})
            self._offer("scope", {scope: scope for scope in scopes})

    def _offer(self, name: str, choices: dict[str, str]) -> None:
        """Offer these choices in a field of the form, and beside them what the address names."""
        if name in self.fields:
            named = self.shown[name]
            others = {named: named} if named and named not in choices else {}
            self.fields[name].widget = forms.Select(choices=[("", _("Any")), *choices.items(), *others.items()])

    def _show_state_and_order(self) -> None:
        """Offer the finer states of this tab; ended tokens have an order of their own."""
        offered = ENDED_STATES if self.filters.is_ended else LIVE_STATES
        self.fields["state"].widget.choices = [(state.value, state.label) for state in offered]
        self.shown |= {"state": str(self.filters.state), "sort": self.filters.order}
        if self.filters.is_ended:
            del self.fields["sort"]


def filters_of(cleaned: Mapping[str, Any]) -> TokenFilters:
    """What the fields that were understood ask for."""
    state = ListState(cleaned.get("state") or ListState.LIVE)
    understood = {name: cleaned[name] for name in PARAMETERS if cleaned.get(name)} | {"state": state}
    if state in ENDED_STATES:
        understood.pop("sort", None)
    return TokenFilters(**understood | {"no_expiry": "no_expiry" in understood})
