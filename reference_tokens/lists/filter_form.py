"""The form of a list's filters: it reads them from the address, and shows them with what can be chosen.

A value that is not understood counts as not set, and the page says so. A whole token never stands in an address.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.text.free_text import WordField
from reference_tokens.lists.finding import order as token_order
from reference_tokens.lists.finding.filters import PARAMETERS, TokenFilters
from reference_tokens.lists.finding.states import ENDED_STATES, LIVE_STATES, ListState
from reference_tokens.lists.search import WITHOUT_TOKEN, holds_token
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


# More applications than these are typed, by a part of their name or their URI, not chosen.
APPLICATIONS_OFFERED = 200
ORDERS = {
    token_order.ISSUED: _lazy("Newest first"),
    token_order.EXPIRY: _lazy("Expires first"),
    token_order.USED: _lazy("Last used first"),
    token_order.UNUSED: _lazy("Longest unused first"),
}
KINDS = [("", _lazy("Any")), *((kind.value, kind.value) for kind in ReferenceToken.Kind)]


class TokenFilterForm(forms.Form):
    """The filters and the order of a list, as its address has them (`filters`) and as the page shows them."""

    q = WordField(label=_lazy("Description or hint"), required=False, max_length=200)
    state = forms.ChoiceField(label=_lazy("State"), required=False, choices=ListState.choices)
    kind = forms.ChoiceField(label=_lazy("Kind"), required=False, choices=KINDS)
    application = WordField(label=_lazy("Trusted Application"), required=False, max_length=200)
    owner = WordField(label=_lazy("Owner (user name)"), required=False, max_length=150)
    scope = WordField(label=_lazy("Scope"), required=False, max_length=200)
    sort = forms.ChoiceField(label=_lazy("Sort by"), required=False, choices=list(ORDERS.items()))

    def __init__(
        self, query: Mapping[str, str], *, names: Iterable[str], applications: Iterable[TrustedApplication]
    ) -> None:
        """`names`: the filters that this list offers; it takes no others from its address."""
        self.shown = {name: query.get(name, "") for name in PARAMETERS}
        super().__init__(self.shown, auto_id="filter_%s")
        for name in set(self.fields) - {*names, "q", "state", "sort"}:
            del self.fields[name]
        self._offer_choices(list(applications))
        self.full_clean()
        self.filters = filters_of(self.cleaned_data)
        self.shown |= dict.fromkeys(self.errors, "")
        self._show_state_and_order()

    def clean_q(self) -> str:
        """The words to look for, never a token."""
        words = str(self.cleaned_data["q"])
        if holds_token(words):
            raise forms.ValidationError(_("Tokens cannot be searched by their value here."))
        return words

    def _offer_choices(self, applications: list[TrustedApplication]) -> None:
        """Let applications and scopes be chosen rather than typed, where they are not too many."""
        self.fields["q"].widget.attrs = {"pattern": WITHOUT_TOKEN, "title": _("Do not enter a whole token here")}
        self.fields["q"].widget.input_type = "search"
        if len(applications) > APPLICATIONS_OFFERED:
            self._show_typed_application()
            return
        scopes = sorted({scope for application in applications for scope in application.scopes})
        self._offer("application", {str(application.pk): application.name for application in applications})
        self._offer("scope", {scope: scope for scope in scopes})

    def _offer(self, name: str, choices: dict[str, str]) -> None:
        """Offer these choices in a field of the form, and beside them what the address names."""
        if name in self.fields:
            named = self.shown[name]
            others = {named: named} if named and named not in choices else {}
            self.fields[name].widget = forms.Select(choices=[("", _("Any")), *choices.items(), *others.items()])

    def _show_typed_application(self) -> None:
        """Show the URI of an application in the box where one is typed, also where the address names it by its id."""
        with suppress(ValueError):
            named = TrustedApplication.objects.filter(pk=uuid.UUID(self.shown["application"])).first()
            self.shown["application"] = str(named or self.shown["application"])

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
    texts = {name: str(cleaned.get(name, "")) for name in PARAMETERS if name != "state"}
    return TokenFilters(state, **texts | ({"sort": ""} if state in ENDED_STATES else {}))
