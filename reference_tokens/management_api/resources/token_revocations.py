"""`/tokens/revocations`: many tokens revoked by one act, exactly those that were counted (MANY-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from uuid import UUID

from ninja import Field, Router, Schema
from pydantic import ConfigDict, StrictBool, StrictInt

from reference_tokens.lifecycle.hash_keys import under_lost_keys
from reference_tokens.lifecycle.old_values import old_values_of, with_old_values_of
from reference_tokens.lifecycle.revocation import revoke_tokens
from reference_tokens.lists.filtering.form import MOST_DAYS
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.management_api.authentication import WRITE
from reference_tokens.management_api.bodies import Members
from reference_tokens.management_api.problems import conflict, invalid, invalid_member
from reference_tokens.management_api.requests import Request
from reference_tokens.management_api.resources.token_acts import kept_reason
from reference_tokens.management_api.resources.token_lists import InventoryQuery, understood
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime

    from reference_tokens.lists.finding.filters import TokenFilters
    from reference_tokens.models import ReferenceTokenQuerySet

router = Router(tags=["tokens"])
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


class Revocations(Members):
    """Which tokens, how many these are, and why. Exactly one of `filter`, `ids`, `lost_keys` and `all` names them."""

    filter: TokenFilter | None = None
    ids: list[UUID] = Field(default=[], max_length=MOST_NAMED)
    lost_keys: StrictBool = Field(default=False, description="Every token whose key is not in TOKEN_HASH_KEYS.")
    all: StrictBool = Field(default=False, description="Every token of the instance, the one that asks too.")
    expected_count: StrictInt = Field(
        ge=0, description="How many end, old values included; what a dry run is told in 409."
    )
    reason: str = Field(min_length=1, description="For the people concerned and the audit log.")
    keep_old_values: StrictBool = Field(default=False, description="Leave old values that live on beside the newest.")


class Revoked(Schema):
    """What was done."""

    revoked: int = Field(description="How many tokens ended, old values included.")
    old_values: int = Field(description="How many of them were old values beside those that were named.")


class Chosen(NamedTuple):
    """The tokens that are named, and by what, as the audit log keeps it."""

    tokens: ReferenceTokenQuerySet
    chosen_by: dict[str, Any]


@router.post("", auth=WRITE, response=Revoked, summary="Revoke many tokens")
def revoke_many_tokens(request: Request, body: Revocations) -> dict[str, int]:
    """All or none. Where they are not as many as expected nothing is done: 409 with their number in `count`."""
    caller, reason = request.caller, kept_reason(body.reason)
    tokens, chosen_by = chosen(body, caller.now)
    beside = ReferenceToken.objects.none() if body.keep_old_values else old_values_of(tokens, caller.now)
    if old_values := beside.count():
        tokens, chosen_by = with_old_values_of(tokens, beside), chosen_by | {"with_old_values": old_values}
    require_expected(tokens.count(), old_values, body)
    # Who was waited for may have ended some: then all of this is taken back.
    revoked = revoke_tokens(actor=caller.actor, tokens=tokens, chosen_by=chosen_by, now=caller.now, reason=reason)
    require_expected(revoked, old_values, body)
    return {"revoked": revoked, "old_values": old_values}


def require_expected(count: int, old_values: int, body: Revocations) -> None:
    """Raise `Problem` 409 where these are not as many as were expected."""
    if count != body.expected_count:
        detail = f"Nothing was done: these are {count} tokens, and not {body.expected_count}."
        raise conflict(detail, count=count, old_values=old_values)


def chosen(body: Revocations, now: datetime) -> Chosen:
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


def filters_in_body(query: TokenFilter) -> TokenFilters:
    """What a filter asks for; raises `Problem` 422 for one that narrows nothing: `all` says that in so many words."""
    filters = understood(query, lambda name, detail: {"pointer": f"#/filter/{name}", "detail": detail})
    if not filters.is_filtered:
        raise invalid_member("filter", "Narrow it down; or send all.")
    return filters
