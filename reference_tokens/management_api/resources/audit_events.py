"""`/audit-events`: what happened, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema

from accounts.audit.queries import next_events, ways_to
from accounts.audit.record import Source
from accounts.audit.registry import registered_actions
from accounts.audit.sentences import told_events
from accounts.database.replica import read_from_replica
from accounts.http import address_in
from accounts.text.secrets import refusal_of
from reference_tokens.log.filters import LogFilters, concerned, event_filters
from reference_tokens.management_api.authentication import READ
from reference_tokens.management_api.instants import Instant
from reference_tokens.management_api.paging import Page, Paging, page
from reference_tokens.management_api.problems import invalid_parameter
from reference_tokens.management_api.requests import Request

if TYPE_CHECKING:
    from accounts.audit.queries import EventFilters
    from accounts.audit.sentences import ToldEvent

router = Router(tags=["audit-events"])
LONGEST_NUMBER = 18
# Clocks of computers show no others, and hours before and after them are dates still.
FIRST_YEAR, LAST_YEAR = 1970, 9998


class EventQuery(Schema):
    """What the audit log can be narrowed to, as on its page."""

    person: str = Field("", max_length=150, description="An id or a user name, or a part of a name: about or by them.")
    application: str = Field("", max_length=200, description="An id or a URI, or a part: about it or its tokens.")
    token: str = Field("", max_length=60, description="The id of a token: about it, and what it did itself.")
    server: str = Field("", max_length=60, description="The client_id of a Resource Server: about it or by it.")
    action: str = Field("", max_length=60, description="An action, as in `token:issue`.")
    source: Source | None = Field(None, description="The door through which it was done.")
    address: str = Field("", max_length=60, description="The IP address from which it was done.")
    since: Instant | None = Field(None, description="From this instant on.")
    until: Instant | None = Field(None, description="Before this instant.")


class Party(Schema):
    """Who acted, or what it was done to."""

    type: str
    id: str
    name: str = Field(description="What is known of it today.")


class EventMembers(Schema):
    """An entry of the audit log."""

    seq: int
    at: datetime
    action: str
    source: str
    actor: Party
    target: Party
    address: str | None
    request_id: str
    details: dict[str, Any]
    sentence: str


@router.get("", auth=READ, response=Page[EventMembers], summary="List audit events")
def list_audit_events(
    request: Request, response: HttpResponse, query: Query[EventQuery], paging: Query[Paging]
) -> dict[str, Any]:
    """The entries that the filters leave, the newest first."""
    ways, place = ways_to(asked(query)), number_in(paging.after) if paging.after else None
    found = read_from_replica(lambda: next_events(ways, place, paging.limit + 1, is_back=False))
    shown = found[: paging.limit]
    following = str(shown[-1].seq) if len(found) > len(shown) else ""
    return page(request, response, [event_members(told) for told in told_events(shown)], following)


def asked(query: EventQuery) -> EventFilters:
    """What the parameters ask for; raises `Problem` 422 for what the log cannot be narrowed to."""
    values = {name: value for name, value in query if value}
    for name, value in values.items():
        if isinstance(value, str):
            require_word(name, value)
    if "action" in values and values["action"] not in registered_actions():
        raise invalid_parameter("action", "There is no such action.")
    if "address" in values:
        values["address"] = address_in(values["address"])
        if values["address"] is None:
            raise invalid_parameter("address", "Send an IP address.")
    for name in {"since", "until"} & values.keys():
        require_year(name, values[name])
    filters = LogFilters(values)
    return event_filters(filters, concerned(filters))


def require_word(name: str, value: str) -> None:
    """Raise `Problem` 422 for a secret, which must not be in an address, and for what no name has."""
    if refusal := refusal_of(value):
        raise invalid_parameter(name, refusal)
    if "\0" in value:
        raise invalid_parameter(name, "Null characters are not allowed.")


def require_year(name: str, value: datetime) -> None:
    """Raise `Problem` 422 at the ends of the calendar."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise invalid_parameter(name, f"Send an instant of the years {FIRST_YEAR} to {LAST_YEAR}.")


def number_in(text: str) -> int:
    """The number of an entry behind which a page begins; raises `Problem` 422 for none."""
    if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER:
        return int(text)
    raise invalid_parameter("after", "Take it from `next` of the page before.")


def event_members(told: ToldEvent) -> dict[str, Any]:
    """The members of an entry."""
    event = told.event
    return {
        "seq": event.seq,
        "at": event.at,
        "action": event.action,
        "source": event.source,
        "actor": {"type": event.actor_type, "id": event.actor_id, "name": told.actor_name},
        "target": {"type": event.target_type, "id": event.target_id, "name": told.target_name},
        "address": event.address,
        "request_id": event.request_id,
        "details": event.details,
        "sentence": told.sentence,
    }
