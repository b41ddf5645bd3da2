"""What a list of tokens is narrowed to, and how it is ordered: read from its address, every parameter by a list.

A value that is not understood counts as not set, and the page says so. A whole token never stands in an address.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import User
from accounts.text.folding import holds
from accounts.text.free_text import WordField
from reference_tokens.lists import order as token_order
from reference_tokens.lists.rows import EXPIRES_SOON
from reference_tokens.lists.search import WITHOUT_TOKEN, holds_token
from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import SomeScopeIn, scopes_value
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_tokens.models import ReferenceTokenQuerySet

# More applications than these are typed, by a part of their name or their URI, not chosen.
APPLICATIONS_OFFERED = 200
# The parameters of an address in the order of contract 3; `after` and `before` say where in the list.
PARAMETERS = ("kind", "application", "owner", "scope", "state", "q", "sort")


class State(TextChoices):
    """The states that a list is narrowed to: live and ended are its tabs, the others are finer."""

    LIVE = "live", _lazy("Any")
    EXPIRES_SOON = "expires_soon", _lazy("Expires soon")
    NEVER_USED = "never_used", _lazy("Never used")
    SUSPENDED = "suspended", _lazy("Suspended")
    OUTSIDE_POLICY = "outside_policy", _lazy("Outside policy")
    BEING_REPLACED = "being_replaced", _lazy("Being replaced")
    ENDED = "ended", _lazy("Any")
    EXPIRED = "expired", _lazy("Expired")
    REVOKED = "revoked", _lazy("Revoked")


ENDED_STATES = (State.ENDED, State.EXPIRED, State.REVOKED)
LIVE_STATES = tuple(state for state in State if state not in ENDED_STATES)
ORDERS = {
    token_order.ISSUED: _lazy("Newest first"),
    token_order.EXPIRY: _lazy("Expires first"),
    token_order.USED: _lazy("Last used first"),
    token_order.UNUSED: _lazy("Longest unused first"),
}

KINDS = [("", _lazy("Any")), *((kind.value, kind.value) for kind in ReferenceToken.Kind)]


def tokens_in_state(tokens: ReferenceTokenQuerySet, state: State, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that a list of this state shows."""
    if state in {State.SUSPENDED, State.EXPIRED, State.REVOKED}:
        return tokens.in_state(str(state), now)
    live = tokens.not_ended(now)
    # Asked for from those that replace another, whose column is indexed.
    replaced = ReferenceToken.objects.exclude(replaces=None).values("replaces")
    # Of the end of one that is being replaced its owner knows.
    soon = live.filter(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON, replaced_by=None)
    return {
        State.LIVE: live,
        State.EXPIRES_SOON: soon,
        State.NEVER_USED: live.filter(last_used_at=None),
        State.OUTSIDE_POLICY: live.outside_policy(now),
        State.BEING_REPLACED: live.filter(pk__in=replaced),
        State.ENDED: tokens.ended(now),
    }[state]


class TokenFilters(forms.Form):
    """The filters and the order of a list, as its address has them and as its form shows them."""

    q = WordField(label=_lazy("Description or hint"), required=False, max_length=200)
    state = forms.ChoiceField(label=_lazy("State"), required=False, choices=State.choices)
    kind = forms.ChoiceField(label=_lazy("Kind"), required=False, choices=KINDS)
    application = WordField(label=_lazy("Trusted Application"), required=False, max_length=200)
    owner = WordField(label=_lazy("Owner (user name)"), required=False, max_length=150)
    scope = WordField(label=_lazy("Scope"), required=False, max_length=200)
    sort = forms.ChoiceField(label=_lazy("Sort by"), required=False, choices=list(ORDERS.items()))

    def __init__(
        self, query: Mapping[str, str], *, names: Iterable[str], applications: Iterable[TrustedApplication]
    ) -> None:
        """`names`: the filters that this list offers; it takes no others from its address."""
        self.typed = {name: query.get(name, "") for name in PARAMETERS}
        super().__init__(self.typed, auto_id="filter_%s")
        self.applications = list(applications)
        for name in set(self.fields) - {*names, "q", "state", "sort"}:
            del self.fields[name]
        self._offer()
        self.full_clean()
        self.typed |= dict.fromkeys(self.errors, "")
        self._show_state_and_order()

    def _offer(self) -> None:
        """Let what there is be chosen rather than typed."""
        self.fields["q"].widget.attrs = {"pattern": WITHOUT_TOKEN, "title": _("Never put a whole token here")}
        self.fields["q"].widget.input_type = "search"
        scopes = {scope: scope for application in self.applications for scope in application.scopes}
        names = {str(application.pk): application.name for application in self.applications}
        if len(self.applications) > APPLICATIONS_OFFERED:
            self._name_application()
        else:
            for name, choices in {"application": names, "scope": dict(sorted(scopes.items()))}.items():
                if name in self.fields:
                    chosen = self.typed[name]
                    others = {chosen: chosen} if chosen and chosen not in choices else {}
                    options = [("", _("Any")), *choices.items(), *others.items()]
                    self.fields[name].widget = forms.Select(choices=options)

    def _name_application(self) -> None:
        """Let the box in which one of many applications is typed show its URI, where the address names it by its id."""
        with suppress(ValueError):
            chosen = TrustedApplication.objects.filter(pk=uuid.UUID(self.typed["application"])).first()
            self.typed["application"] = str(chosen or self.typed["application"])

    def _show_state_and_order(self) -> None:
        """Offer the finer states of this tab; ended tokens have an order of their own."""
        offered = ENDED_STATES if self.is_ended else LIVE_STATES
        self.fields["state"].widget.choices = [(state.value, state.label) for state in offered]
        self.typed |= {"state": str(self.chosen_state), "sort": self.order}
        if self.is_ended:
            del self.fields["sort"]
            self.cleaned_data.pop("sort", None)

    def clean_q(self) -> str:
        """The words to look for, never a token."""
        words = str(self.cleaned_data["q"])
        if holds_token(words):
            raise forms.ValidationError(_("A whole token is not looked for here."))
        return words

    @property
    def chosen_state(self) -> State:
        """What the list shows."""
        return State(self.cleaned_data.get("state") or State.LIVE)

    @property
    def is_ended(self) -> bool:
        """Whether the list is one of tokens that are never good again."""
        return self.chosen_state in ENDED_STATES

    @property
    def order(self) -> str:
        """How the list is ordered."""
        return token_order.ENDED if self.is_ended else self.cleaned_data.get("sort") or self.usual_order

    @property
    def usual_order(self) -> str:
        """The order of the list where its address names none."""
        return token_order.EXPIRY if self.chosen_state == State.EXPIRES_SOON else token_order.ISSUED

    @property
    def order_of_count(self) -> str:
        """The order along which an index leads to the tokens of this state fastest, whatever they are listed by."""
        if self.is_ended:
            return token_order.ENDED
        usual = {State.NEVER_USED: token_order.UNUSED, State.SUSPENDED: token_order.ISSUED}
        return usual.get(self.chosen_state, token_order.EXPIRY)

    @property
    def chosen(self) -> dict[str, str]:
        """Every parameter that says something, in the order of the contract."""
        values = {name: str(self.cleaned_data.get(name, "")) for name in PARAMETERS}
        usual = {"state": State.LIVE, "sort": self.usual_order}
        return {name: value for name, value in values.items() if value and value != usual.get(name)}

    @property
    def is_filtered(self) -> bool:
        """Whether the list shows less than all of its tab."""
        tab = {"state"} if self.chosen_state in {State.LIVE, State.ENDED} else set()
        return bool(self.chosen.keys() - tab - {"sort"})

    def url(self, **changes: str) -> str:
        """The address of this list, relative to itself, with some parameters changed."""
        values = self.chosen | changes
        return "?" + urlencode({name: values[name] for name in (*PARAMETERS, *changes) if values.get(name)})

    def url_of_tab(self) -> str:
        """The address without filters: the same tab, in the same order."""
        kept = {"state": State.ENDED if self.is_ended else "", "sort": self.chosen.get("sort", "")}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    def narrowed(self, tokens: ReferenceTokenQuerySet, now: datetime) -> ReferenceTokenQuerySet:
        """Those of the tokens that the filters leave."""
        found = tokens_in_state(tokens, self.chosen_state, now)
        values = self.cleaned_data
        if kind := values.get("kind"):
            found = found.filter(kind=kind)
        if application := values.get("application"):
            found = found.filter(of_application(application))
        if owner := values.get("owner"):
            found = found.filter(of_owner(owner))
        if scope := values.get("scope"):
            found = found.filter(Q(SomeScopeIn("scopes", scopes_value([scope]))))
        if words := values.get("q"):
            found = found.filter(holds("description", words) | Q(hint__icontains=words))
        return found


def of_application(name: str) -> Q:
    """The tokens of the application of this id or URI; where there is none, of those in whose name or URI it stands."""
    try:
        return Q(application=uuid.UUID(name))
    except ValueError:
        found = TrustedApplication.objects.filter(application_uri=name)
        if not found.exists():
            found = TrustedApplication.objects.filter(holds("name", name) | holds("application_uri", name))
        return Q(application__in=found)


def of_owner(username: str) -> Q:
    """The PATs of a person, or the SATs that act as a System User; nothing where there is nobody of that name."""
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        return Q(pk__in=[])
    return Q(holder=user) if user.is_person else Q(holder=None, application__system_user=user)
