"""Entries of the audit log in words: what was done, who did it, and from where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.audit.record import Source
from accounts.audit.registry import action_of, actor_words
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from accounts.models import AuditEvent


@dataclass(frozen=True, slots=True)
class EventRow:
    """An entry as pages show it; a text is empty where there is nothing to say."""

    seq: int
    at: datetime
    what: str
    detail: str
    who: str
    door: str
    address: str


def event_rows(events: Sequence[AuditEvent], names: Mapping[str, str] | None = None) -> list[EventRow]:
    """The entries in words, with one query; `names` are those of actors that are no people, by their ids."""
    known = {**names_of_actors(events), **(names or {})}
    return [
        EventRow(
            seq=event.seq,
            at=event.at,
            what=str(action_of(event).words),
            detail=", ".join(action_of(event).details_in_words(event.details)),
            who=who_in_words(event, known),
            door=str(Source(event.source).label) if event.actor_type == "user" else "",
            address=event.address or "",
        )
        for event in events
    ]


def names_of_actors(events: Iterable[AuditEvent]) -> dict[str, str]:
    """The names of the people who acted, by their ids; a deleted person is not named (TOK-11)."""
    ids = {event.actor_id for event in events if event.actor_type == "user"}
    people = User.objects.filter(pk__in=[uuid.UUID(pk) for pk in ids], deleted_at=None)
    return {str(person.pk): person.name_beside_others for person in people}


def who_in_words(event: AuditEvent, names: Mapping[str, str]) -> str:
    """The name of the actor, or words for an actor that is no person."""
    if name := names.get(event.actor_id):
        return name
    return str(actor_words(event.actor_type) or _("A deleted user"))
