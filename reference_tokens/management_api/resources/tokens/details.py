"""Everything that is recorded of one token: its members, its chain, its uses and its refusals."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Schema

from reference_tokens.lifecycle.chain import generations_of
from reference_tokens.lifecycle.renaming import description_of
from reference_tokens.management_api.preconditions import set_entity_tag
from reference_tokens.management_api.resources.tokens.members import TokenMembers, token_members
from reference_tokens.models import Door, ReferenceTokenQuerySet, ResourceServer
from reference_tokens.usage.history import CHART_DAYS, daily_counts
from reference_tokens.usage.refused import Alike, of_token, told_once
from reference_tokens.usage.sources import sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from reference_tokens.lifecycle.chain import Chained
    from reference_tokens.models import ReferenceToken

DAYS = max(CHART_DAYS)


class LastUse(Schema):
    """Its last use."""

    at: datetime
    address: str | None
    resource_server: str | None = Field(description="The client_id of the one that asked.")


class SourceMembers(Schema):
    """An address, or the name of a Resource Server, from where it was used."""

    name: str
    last_used_at: datetime


class GenerationMembers(Schema):
    """A token of its chain of rotations."""

    id: UUID
    hint: str
    issued_at: datetime
    ends_at: datetime | None
    is_ended: bool
    last_used_at: datetime | None
    is_still_used: bool = Field(description="Whether it was used after the one that replaced it was issued.")


class DayMembers(Schema):
    """How often it was accepted and refused on a day (UTC)."""

    day: date
    accepted: int
    refused: int


class RefusalMembers(Schema):
    """What was refused in the same way, again and again."""

    reason: str
    door: Door
    count: int
    first_at: datetime
    last_at: datetime
    address: str | None
    resource_server: str | None = Field(description="The client_id of the one that asked.")


class TokenDetails(TokenMembers):
    """A token, with all that is recorded of it."""

    scopes_not_offered: list[str] = Field(description="Scopes it was issued with that are not in effect.")
    suspension_reason: str | None
    last_use: LastUse | None
    sources: list[SourceMembers] = Field(description="From where it was last used: five at most.")
    chain: list[GenerationMembers] = Field(description="The newest first; empty where it was never rotated.")
    chain_is_longer: bool = Field(description="Whether the chain has more tokens than are told.")
    uses: list[DayMembers] = Field(description=f"The days of the last {DAYS} on which it was presented.")
    refusals: list[RefusalMembers] = Field(description="Of the last 30 days, the latest first: 50 at most.")


def found_token(tokens: ReferenceTokenQuerySet, token_id: UUID) -> ReferenceToken:
    """The one of the tokens with this id, read with what its details tell of other tables; raises `Http404`."""
    related = ("application__system_user", "holder", "use__last_used_server", "replaced_by")
    return get_object_or_404(tokens.select_related(*related), pk=token_id)


def token_details(response: HttpResponse, token: ReferenceToken, now: datetime) -> dict[str, Any]:
    """The details of a token that comes from `found_token`, with its tag: at most four queries."""
    set_entity_tag(response, description_of(token))
    chain, chain_is_longer = generations_of(token, now)
    counts = daily_counts([token], now, DAYS).get(token.pk, [])
    return token_members(token, now) | {
        "scopes_not_offered": [scope for scope in token.scopes if scope not in token.application.scopes],
        "suspension_reason": token.why_suspended.for_programs() or None,
        "last_use": last_use(token),
        "sources": sources_of(token),
        "chain": [generation(chained) for chained in chain],
        "chain_is_longer": chain_is_longer,
        "uses": [count for count in reversed(counts) if count.accepted or count.refused],
        "refusals": refusals_of(token, now),
    }


def last_use(token: ReferenceToken) -> dict[str, Any] | None:
    """When, and from where, a token was last used."""
    use = token.last_use
    if use is None:
        return None
    server = use.last_used_server
    return {
        "at": use.last_used_at,
        "address": use.last_used_address,
        "resource_server": server.client_id if server else None,
    }


def generation(chained: Chained) -> dict[str, Any]:
    """A token of a chain."""
    token = chained.token
    return {
        "id": token.pk,
        "hint": token.hint,
        "issued_at": token.issued_at,
        "ends_at": chained.ends_at,
        "is_ended": chained.is_ended,
        "last_used_at": token.last_used_at,
        "is_still_used": chained.is_still_used,
    }


def refusals_of(token: ReferenceToken, now: datetime) -> list[dict[str, Any]]:
    """The refusals of a token (TOK-16)."""
    rows = told_once(of_token(token), now)
    asked = {alike.one.server_id for alike in rows if alike.one.server_id}
    servers = dict(ResourceServer.objects.filter(pk__in=asked).values_list("pk", "client_id"))
    return [refusal(alike, servers) for alike in rows]


def refusal(alike: Alike, servers: Mapping[int, str]) -> dict[str, Any]:
    """Refusals that differ only in their minute."""
    one = alike.one
    return {
        "reason": one.reason,
        "door": one.door,
        "count": alike.count,
        "first_at": alike.first_at,
        "last_at": alike.last_at,
        "address": one.address,
        "resource_server": servers.get(one.server_id) if one.server_id else None,
    }
