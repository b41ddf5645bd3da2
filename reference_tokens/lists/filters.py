"""What a list of tokens is narrowed to, and how it is ordered; and the addresses that say so (contract 3)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Q

from accounts.models import User
from accounts.text.case_folding import contains_text
from reference_tokens.lists import order as token_order
from reference_tokens.lists.states import ENDED_STATES, ListState, tokens_in_state
from reference_tokens.models.outside_policy import SomeScopeIn, scopes_value
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

# The parameters of an address in the order of contract 3; `after` and `before` say where in the list.
PARAMETERS = ("kind", "application", "owner", "scope", "state", "q", "sort")


@dataclass(frozen=True, slots=True)
class TokenFilters:
    """The filters and the order of a list; an empty text filters nothing."""

    state: ListState = ListState.LIVE
    kind: str = ""
    application: str = ""
    owner: str = ""
    scope: str = ""
    q: str = ""
    # Nothing where tokens have ended: these are in one order only.
    sort: str = ""

    @property
    def is_ended(self) -> bool:
        """Whether the list is one of tokens that are never good again."""
        return self.state in ENDED_STATES

    @property
    def order(self) -> str:
        """How the list is ordered."""
        return token_order.ENDED if self.is_ended else self.sort or self.usual_order

    @property
    def usual_order(self) -> str:
        """The order of the list where its address names none."""
        return token_order.EXPIRY if self.state == ListState.EXPIRES_SOON else token_order.ISSUED

    @property
    def order_of_count(self) -> str:
        """The order along which an index leads to the tokens of this state fastest, whatever they are listed by."""
        if self.is_ended:
            return token_order.ENDED
        usual = {ListState.NEVER_USED: token_order.UNUSED, ListState.SUSPENDED: token_order.ISSUED}
        return usual.get(self.state, token_order.EXPIRY)

    @property
    def parameters(self) -> dict[str, str]:
        """Every parameter that says something, in the order of the contract."""
        values = {name: str(getattr(self, name)) for name in PARAMETERS}
        usual = {"state": ListState.LIVE, "sort": self.usual_order}
        return {name: value for name, value in values.items() if value and value != usual.get(name)}

    @property
    def hidden_fields(self) -> list[dict[str, str]]:
        """The same parameters, as a form carries them."""
        return [{"name": name, "value": value} for name, value in self.parameters.items()]

    @property
    def for_record(self) -> dict[str, str]:
        """The same parameters as the audit log keeps them, where they choose what is acted on."""
        return {"state": str(self.state)} | self.parameters

    @property
    def is_filtered(self) -> bool:
        """Whether the list shows less than all of its tab."""
        tab = {"state"} if self.state in {ListState.LIVE, ListState.ENDED} else set()
        return bool(self.parameters.keys() - tab - {"sort"})

    def url(self, **changes: str) -> str:
        """The address of this list, relative to itself, with some parameters changed."""
        values = self.parameters | changes
        return "?" + urlencode({name: values[name] for name in (*PARAMETERS, *changes) if values.get(name)})

    def url_of_tab(self) -> str:
        """The address without filters: the same tab, in the same order."""
        kept = {"state": ListState.ENDED if self.is_ended else "", "sort": self.parameters.get("sort", "")}
        return "?" + urlencode({name: value for name, value in kept.items() if value})


def filtered_tokens(tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that the filters leave."""
    found = tokens_in_state(tokens, filters.state, now)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.application:
        found = found.filter(of_application(filters.application))
    if filters.owner:
        found = found.filter(of_owner(filters.owner))
    if filters.scope:
        found = found.filter(Q(SomeScopeIn("scopes", scopes_value([filters.scope]))))
    if filters.q:
        found = found.filter(contains_text("description", filters.q) | Q(hint__icontains=filters.q))
    return found


def of_application(name: str) -> Q:
    """The tokens of the application of this id or URI; where there is none, of those in whose name or URI it stands."""
    try:
        return Q(application=uuid.UUID(name))
    except ValueError:
        found = TrustedApplication.objects.filter(application_uri=name)
        if not found.exists():
            found = TrustedApplication.objects.filter(
                contains_text("name", name) | contains_text("application_uri", name)
            )
        return Q(application__in=found)


def of_owner(username: str) -> Q:
    """The PATs of a person, or the SATs that act as a System User; nothing where there is nobody of that name."""
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        return Q(pk__in=[])
    return Q(holder=user) if user.is_person else Q(holder=None, application__system_user=user)
