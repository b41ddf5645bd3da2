"""Which tokens an act on many is about, and how many these have to be (MANY-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from uuid import UUID

from ninja import Field
from pydantic import ConfigDict, StrictBool, StrictInt

from reference_tokens.lifecycle.hash_keys import under_lost_keys
from reference_tokens.lifecycle.old_values import old_values_of, with_old_values_of
from reference_tokens.lists.filtering.form import MOST_DAYS
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.problems import conflict, invalid, invalid_member
from reference_tokens.management_api.resources.tokens.lists import InventoryQuery, understood
from reference_tokens.models import ReferenceToken, ReferenceTokenQuerySet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.management_api.requests import Request

MOST_NAMED = 1_000
Days = Annotated[StrictInt, Field(ge=1, le=MOST_DAYS)]
WAYS = ("filter", "ids", "lost_keys", "all")


class TokenFilter(InventoryQuery):
    """The filters of the list of every token; at least one of them."""

    model_config = ConfigDict(extra="forbid")
    # In an address each is a text; in JSON a number is a number.
    unused: Days | None = None
    never_used: Days | None = None
    expires_within: Days | None = None
    no_expiry: StrictBool = False


class Choice(Members):
    """Which tokens, and how many these are. Exactly one of `filter`, `ids`, `lost_keys` and `all` names them."""

    filter: TokenFilter | None = None
    ids: list[UUID] = Field(default=[], max_length=MOST_NAMED)
    lost_keys: StrictBool = Field(default=False, description="Every token whose key is not in TOKEN_HASH_KEYS.")
    all: StrictBool = Field(default=False, description="Every token of the instance, the one that asks too.")
    expected_count: StrictInt = Field(ge=0, description="How many it is done to; what a dry run is told in 409.")


class ChoiceWithOldValues(Choice):
    """The same with the old values that live on beside the tokens, which count too, and why it is done."""

    reason: str = Field(min_length=1, description="For the people concerned and the audit log.")
    keep_old_values: StrictBool = Field(default=False, description="Leave old values that live on beside the newest.")


class Chosen(NamedTuple):
    """The tokens that are named, by what, as the audit log keeps it, and how many old values are among them."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]
    old_values: int = 0


def chosen(body: Choice, now: datetime) -> Chosen:
    """Those that a body names and that have not ended; raises `Problem` 422 unless it names them in one way."""
    given = [name for name in WAYS if getattr(body, name)]
    if len(given) != 1:
        raise invalid([{"pointer": "#", "detail": f"Send exactly one of {', '.join(WAYS)}."}])
    possible = ReferenceToken.objects.not_ended(now)
    if body.filter:
        filters = filters_in_body(body.filter)
        return Chosen(filtered_tokens(possible, filters, now), filters.for_record)
    if body.ids:
        return Chosen(possible.filter(pk__in=body.ids), {"tokens": [str(pk) for pk in body.ids]})
    if body.lost_keys:
        return Chosen(under_lost_keys(possible), {"lost_keys": True})
    return Chosen(possible, {"all": True})


def beside_them(found: Chosen, beside: ReferenceTokenQuerySet) -> Chosen:
    """The tokens with these old values, where there are any."""
    count = beside.count()
    if not count:
        return found
    return Chosen(with_old_values_of(found.tokens, beside), found.chosen_by | {"with_old_values": count}, count)


def old_values_beside(found: Chosen, body: ChoiceWithOldValues, now: datetime) -> ReferenceTokenQuerySet:
    """The old values that live on beside the tokens; none where they are to be left as they are."""
    return ReferenceToken.objects.none() if body.keep_old_values else old_values_of(found.tokens, now)


def done_to_all(request: Request, body: Choice, found: Chosen, act: Callable[..., int], /, **how: Any) -> int:
    """Do an act to the tokens that were found, and return how many they are: as many as were expected, or none.

    Raises `Problem` 409, with their number in `count`, where they are not.
    """
    require_expected(found.tokens.count(), found, body)
    caller = request.caller
    count = act(actor=caller.actor, tokens=found.tokens, chosen_by=found.chosen_by, now=caller.now, **how)
    # Who was waited for may have done it to some: then all of this is taken back.
    require_expected(count, found, body)
    return count


def require_expected(count: int, found: Chosen, body: Choice) -> None:
    """Raise `Problem` 409, with their number in `count`, where these are not as many as were expected."""
    if count != body.expected_count:
        detail = f"Nothing was done: these are {count} tokens, and not {body.expected_count}."
        raise conflict(detail, count=count, old_values=found.old_values)


def filters_in_body(query: TokenFilter) -> TokenFilters:
    """What a filter asks for; raises `Problem` 422 for one that narrows nothing: `all` says that in so many words."""
    filters = understood(query, lambda name, detail: {"pointer": f"#/filter/{name}", "detail": detail})
    if not filters.is_filtered:
        raise invalid_member("filter", "Narrow it down; or send all.")
    return filters
