"""The two ways to the tokens of a list: by an index of what narrows it, and along the index of its order."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts.database.unindexed import AskedOfEach
from reference_tokens.lists.finding.conditions import Condition, conditions
from reference_tokens.lists.finding.states import ListState, tokens_in_state
from reference_tokens.lists.finding.words import in_row, ways_by, words_of
from reference_tokens.models import ReferenceToken
from reference_tokens.models.live_numbers import live_parts
from reference_tokens.models.outside_policy import (
    NONE,
    Outside,
    ScopesNotOffered,
    has_scope_not_offered,
    names_of,
    outside,
    rules_for,
    scopes_not_offered,
)
from reference_tokens.models.rules import ALL
from reference_tokens.models.search import scope_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.lists.finding.words import Word
    from reference_tokens.models import ReferenceTokenQuerySet

# The reasons that a token's own columns tell, the one that is found soonest first; its scopes are found as those of a
# filter are.
BY_COLUMNS = (Outside.NO_EXPIRY, Outside.LIFETIME, Outside.POLICY)
# States of few among all tokens.
FEW_IN_STATE = {
    *(ListState.SUSPENDED, ListState.EXPIRES_SOON, ListState.BEING_REPLACED, ListState.OUTSIDE_POLICY),
    ListState.EXPOSED,
}
# Filters that name applications, each of which has an index of its own.
BY_APPLICATION = {"application", "server"}
# Filters of which the index of an order is one, and those that lead, the one that is likely to leave the fewest first.
IN_TIME = ("unused", "never_used", "expires_within", "no_expiry")
LEADING = ("scope", "owner", *IN_TIME, "kind", "issued_before")


class Ways(NamedTuple):
    """Two ways to the same tokens."""

    # Sets that hold all of them together, each found by an index of what narrows the list.
    found: list[ReferenceTokenQuerySet]
    # One set of them all, for which the index of an order is walked.
    walked: ReferenceTokenQuerySet


def ways_to(
    tokens: ReferenceTokenQuerySet, filters: TokenFilters, now: datetime, *, is_of_one_owner: bool = False
) -> Ways:
    """Those of the tokens that the filters leave, in both ways."""
    is_in_state = filters.state == ListState.OUTSIDE_POLICY
    listed = tokens_in_state(tokens, ListState.LIVE if is_in_state else filters.state, now)
    narrowed = conditions(filters, now)
    reasons = conditions_outside(narrowed, now, reasons_asked(filters)) if filters.is_outside else []
    outside_ones = [asked_alone(reduce(or_, (one.asked for one in reasons), NONE))] if filters.is_outside else []
    walked = listed.filter(*(one.asked for one in narrowed.values()), *outside_ones)
    if is_of_one_owner or ("owner" in narrowed and narrowed["owner"].are_few):
        walked = walked.filter(*map(in_row, filters.words))
        return Ways([walked], walked)
    words = words_of(filters.words)
    # SQLite asks in this order: those that name nobody find the fewest.
    walked = walked.filter(*(word.asked for word in sorted(words, key=lambda word: word.number)))
    leads = leading(filters, narrowed, words)
    if leads == "state" and not filters.is_outside:
        runs = filters.runs(now, filters.order_of_count)
        return Ways([run.ordered(run.whole(walked)) for run in runs], walked)
    if leads == "state":
        # Of the application the rules are asked alone: said again, PostgreSQL would begin with all of its tokens.
        asked = [one.asked for name, one in narrowed.items() if name not in BY_APPLICATION]
        found = listed.filter(*asked, *(word.asked for word in words))
        if filters.kind == ReferenceToken.Kind.SAT or "owner" in narrowed:
            # Nobody holds these, and an index is of them alone: the PATs of their applications are not read.
            found = found.filter(holder=None)
        return Ways([found.filter(one.found) for one in reasons] or [found.none()], walked)
    # Only what leads is said as an index finds it: a database would rather follow the wrong one of two.
    found = listed.filter(
        *(one.found if name in {leads, *BY_APPLICATION} else one.asked for name, one in narrowed.items())
    )
    found = found.filter(*outside_ones)
    if leads in {"q", "kind", ""} and words:
        return Ways([found.filter(by) for by in ways_by(words)], walked)
    found = found.filter(*(word.asked for word in words))
    # The index of a System User's SATs is one by expiry: in parts, those that have expired are not passed.
    is_by_expiry = leads == "owner" and not filters.is_ended
    return Ways(list(live_parts(found, now)) if is_by_expiry else [found], walked)


def leading(filters: TokenFilters, narrowed: Mapping[str, Condition], words: list[Word]) -> str:
    """What leads to the tokens of a list: the filter that is likely to leave the fewest, of which there is an index."""
    if "group" in narrowed:
        return "group"
    if any(word.leads for word in words):
        return "q"
    if filters.state in FEW_IN_STATE or filters.outside or not (narrowed or words):
        return "state"
    found = next((name for name in LEADING if name in narrowed), "")
    return "state" if found in IN_TIME else found


def asked_alone(condition: Q) -> AskedOfEach:
    """A condition that is asked of each token: SQLite would find all by an index of each part of it, and sort them."""
    return AskedOfEach(ExpressionWrapper(condition, output_field=BooleanField()))


def reasons_asked(filters: TokenFilters) -> list[Outside]:
    """The reasons that a list of tokens outside policy is narrowed to."""
    return [Outside(filters.outside)] if filters.outside else list(Outside)


def conditions_outside(
    narrowed: Mapping[str, Condition], now: datetime, asked_for: Collection[Outside]
) -> list[Condition]:
    """For each reason that is asked for why a token could not be issued today, what it says of one (POL-6)."""
    among = reduce(and_, (one.applications for one in narrowed.values()), ALL)
    # Narrowed by application as well, the rules that were read with an owner are of more than are asked for.
    read = [one.rules._replace(among=among) for one in narrowed.values() if one.rules]
    rules = read[0] if read and not BY_APPLICATION & narrowed.keys() else rules_for(asked_for, among=among)
    by_columns = [reason for reason in BY_COLUMNS if reason in asked_for]
    found = [Condition(condition, condition) for condition in outside(now, reasons=by_columns, rules=rules)]
    if Outside.SCOPES in asked_for and rules.not_offered:
        scopes = scopes_not_offered(rules)
        asked = has_scope_not_offered(scopes)
        # Terms do not tell "Read" from "read" on SQLite, nor a scope with a colon from one of another application.
        found.append(Condition(Q(search_scopes__terms__hold=terms_of(scopes)) & asked, asked))
    return found


def terms_of(scopes: ScopesNotOffered) -> list[str]:
    """What finds the tokens with these scopes: a name for all applications, or for each of them."""
    pairs = [scope_of(application_id, name) for application_id, some in scopes.by_this_one.items() for name in some]
    return [*names_of(scopes.by_none), *pairs]
