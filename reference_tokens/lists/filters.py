"""What a list of tokens is narrowed to, and how it is ordered; and the addresses that say so (contract 3)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.lookups import In

from accounts.models import User
from accounts.text.case_folding import contains_text
from reference_tokens.lists import order as token_order
from reference_tokens.lists.order import Unindexed
from reference_tokens.lists.states import ENDED_STATES, FACTS, ListState, tokens_in_state
from reference_tokens.models import ReferenceToken, TokenText
from reference_tokens.models.outside_policy import (
    Outside,
    has_scope,
    issued_scopes,
    outside,
    scopes_not_offered,
    with_scopes_not_offered,
)
from reference_tokens.models.search import scope_of
from trusted_apps.models import TrustedApplication
from trusted_apps.scopes import SCOPE_TOKEN_PATTERN

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.models import ReferenceTokenQuerySet

# The parameters of an address in the order of contract 3; `after` and `before` say where in the list.
PARAMETERS = ("kind", "application", "owner", "scope", "state", "q", "sort")

# The reasons that a token's own columns tell; its scopes are found as those of a filter are.
BY_COLUMNS = [reason for reason in Outside if reason != Outside.SCOPES]


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
    def words(self) -> list[str]:
        """The words to search for, all of which a token has."""
        return self.q.split()

    @property
    def facts(self) -> dict[str, bool]:
        """Which columns are set in all tokens of the list, or are not."""
        return FACTS.get(self.state, {})

    @property
    def is_narrowed(self) -> bool:
        """Whether something other than the state chooses the tokens, or a state that no order's index knows."""
        return (
            bool(self.kind or self.application or self.owner or self.scope or self.words)
            or self.state == ListState.OUTSIDE_POLICY
        )

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


class Condition(NamedTuple):
    """What a filter says of a token in two ways: as an index finds its tokens, and as a token in hand is asked."""

    found: Q
    asked: Q


class Ways(NamedTuple):
    """Two ways to the same tokens."""

    # Sets that hold all of them together, each found by an index of what narrows the list.
    found: list[ReferenceTokenQuerySet]
    # One set of them all, for which the index of an order is walked.
    walked: ReferenceTokenQuerySet


def filtered_tokens(tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime) -> ReferenceTokenQuerySet:
    """Those of the tokens that the filters leave."""
    found = tokens_in_state(tokens, filters.state, now).filter(*(one.asked for one in conditions(filters)))
    if filters.words:
        found = found.filter(pk__in=TokenText.objects.filter(text__holds=filters.q).values("token"))
    return found


def ways_to(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime, *, is_of_one_owner: bool = False
) -> Ways:
    """Those of the tokens that the filters leave, in both ways."""
    is_outside = filters.state == ListState.OUTSIDE_POLICY
    listed = tokens_in_state(tokens, ListState.LIVE if is_outside else filters.state, now)
    narrowed = conditions(filters)
    walked = listed.filter(*(one.asked for one in narrowed), *map(has_word, filters.words))
    outside_ones = conditions_outside(now) if is_outside else []
    if outside_ones:
        walked = walked.filter(reduce(or_, (one.asked for one in outside_ones)))
    if is_of_one_owner:
        return Ways([walked], walked)
    found = listed.filter(*(one.found for one in narrowed))
    # The tokens of an owner are few beside those that have a word.
    if filters.owner:
        found = found.filter(*map(has_word, filters.words))
    elif filters.words:
        found = found.filter(search_text__text__holds=filters.q)
    return Ways([found.filter(one.found) for one in outside_ones] or [found], walked)


def conditions(filters: TokenFilters) -> list[Condition]:
    """What the filters beside state and search say."""
    found: list[Condition] = []
    if filters.kind:
        is_service = filters.kind == ReferenceToken.Kind.SAT
        found.append(Condition(Q(holder__isnull=is_service), Q(kind=filters.kind)))
    if filters.application:
        found.append(of_application(filters.application))
    if filters.owner:
        found.append(of_owner(filters.owner, is_ended=filters.is_ended))
    if filters.scope:
        found.append(of_scope(filters.scope, is_of_owner=bool(filters.owner)))
    return found


def conditions_outside(now: datetime) -> list[Condition]:
    """For each reason why a token could not be issued today, what it says of one (POL-6)."""
    issued = issued_scopes()
    scopes = scopes_not_offered(issued)
    found = [Condition(condition, condition) for condition in outside(now, reasons=BY_COLUMNS, issued=issued)]
    if scopes:
        terms = [scope_of(application_id, scope) for application_id, names in scopes.items() for scope in names]
        asked = with_scopes_not_offered(scopes)
        # Terms do not tell "Read" from "read" on SQLite, nor a scope with a colon from one of another application.
        found.append(Condition(Q(search_scopes__terms__hold=terms) & asked, asked))
    return found


def of_scope(scope: str, *, is_of_owner: bool) -> Condition:
    """The tokens with this scope; none where it is no name of one, which would stand for several in either way."""
    if not re.match(SCOPE_TOKEN_PATTERN, scope):
        return Condition(Q(pk__in=[]), Q(pk__in=[]))
    asked = has_scope(scope)
    return Condition(asked if is_of_owner else Q(search_scopes__terms__hold=[scope]) & asked, asked)


def has_word(word: str) -> Q:
    """Whether a word stands in the description or the hint of a token."""
    return contains_text("description", word) | contains_text("hint", word)


def of_application(name: str) -> Condition:
    """The tokens of the application of this id or URI; where there is none, of those in whose name or URI it stands."""
    try:
        one = Q(application=uuid.UUID(name))
        return Condition(one, one)
    except ValueError:
        found = TrustedApplication.objects.filter(application_uri=name)
    ids = list(found.values_list("pk", flat=True))
    if not ids:
        holds_name = contains_text("name", name) | contains_text("application_uri", name)
        ids = list(TrustedApplication.objects.filter(holds_name).values_list("pk", flat=True))
    return of_applications(ids)


def of_owner(username: str, *, is_ended: bool) -> Condition:
    """The PATs of a person, or the SATs that act as a System User; nothing where there is nobody of that name."""
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        return Condition(Q(pk__in=[]), Q(pk__in=[]))
    if user.is_person:
        return Condition(Q(holder=user), Q(holder=user))
    found, asked = of_applications(list(user.applications.values_list("pk", flat=True)))
    is_service = Q(kind=ReferenceToken.Kind.SAT)
    # Said by the holder, whom no SAT has, where an index is of these.
    return Condition((is_service if is_ended else Q(holder=None)) & found, is_service & asked)


def of_applications(ids: list[uuid.UUID]) -> Condition:
    """The tokens of these applications. No order of several is in an index, but one of all tokens."""
    found = Q(application__in=ids)
    return Condition(found, Q(In(Unindexed("application"), ids)) if len(ids) > 1 else found)
