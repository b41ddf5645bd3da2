"""Which entry of the audit log is which event: an act that is recorded is told, so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from reference_tokens.models import EventType, ReferenceToken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import AuditEvent
    from reference_tokens.models import ReferenceTokenQuerySet

# Of the actions that are about one token.
OF_ONE: Mapping[str, EventType] = {
    "token:issue": EventType.TOKEN_ISSUED,
    "token:rotate": EventType.TOKEN_ROTATED,
    "token:suspend": EventType.TOKEN_SUSPENDED,
    "token:resume": EventType.TOKEN_RESUMED,
    "token:revoke": EventType.TOKEN_REVOKED,
}
# Of those that are about many, which point to their entry: each token is an event of its own.
OF_MANY: Mapping[str, EventType] = {
    "token:suspend_many": EventType.TOKEN_SUSPENDED,
    "token:resume_many": EventType.TOKEN_RESUMED,
    "token:revoke_many": EventType.TOKEN_REVOKED,
    "leak:report": EventType.TOKEN_EXPOSED,
}
# What an entry says that goes into the message: ids, instants and codes, never a text that somebody typed.
TOLD = ("reason_code", "replaced_by", "overlap_seconds")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: to one token, or an entry of the audit log."""

    type: EventType
    at: datetime
    token_id: UUID | None = None
    entry: AuditEvent | None = None
    # What a message says beside the token.
    more: Mapping[str, Any] = field(default_factory=dict)


def happenings_of(entry: AuditEvent) -> list[Happening]:
    """What an entry tells by itself; the tokens of one that is about many are found by `tokens_of_many`."""
    found = [Happening(EventType.AUDIT_ENTRY, entry.at, entry=entry)]
    if event_type := OF_ONE.get(entry.action):
        found.append(happening_to(UUID(entry.target_id), event_type, entry))
    # Without an overlap the old value is revoked by the same act.
    if entry.action == "token:rotate" and not entry.details.get("overlap_seconds"):
        found.append(happening_to(UUID(entry.target_id), EventType.TOKEN_REVOKED, entry))
    return found


def happening_to(token_id: UUID, event_type: EventType, entry: AuditEvent) -> Happening:
    """What an entry tells of one of its tokens."""
    more = {name: entry.details[name] for name in TOLD if entry.details.get(name)}
    actor = {"type": entry.actor_type, "id": entry.actor_id}
    return Happening(event_type, entry.at, token_id, entry, more | {"actor": actor, "seq": entry.seq})


def tokens_of_many(entry: AuditEvent) -> ReferenceTokenQuerySet:
    """The tokens that an entry about many tells of; they point to it."""
    batch = {f"{entry.target_type}_id": UUID(entry.target_id)}
    tokens = ReferenceToken.objects.filter(**batch)
    return tokens.filter(resumed_at=entry.at) if entry.action == "token:resume_many" else tokens
