"""What a message says, as JSON: ids, hints, names of users and applications, codes and instants, never a value."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from accounts.models import AuditEvent, User
    from reference_tokens.webhooks.events import Happening

RELATED = ("holder", "application__system_user")


def message(event_type: str, at: datetime, data: dict[str, Any]) -> str:
    """The body of a message (Standard Webhooks 1.0)."""
    return json.dumps({"type": event_type, "timestamp": told(at), "data": data}, separators=(",", ":"))


def told(at: datetime | None) -> str | None:
    """The instant as programs read it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def tokens_told_of(ids: Collection[UUID]) -> dict[UUID, ReferenceToken]:
    """The tokens of these ids, with all that a message says of them."""
    return ReferenceToken.objects.select_related(*RELATED).in_bulk(ids)


def body_of(happening: Happening, token: ReferenceToken | None) -> str:
    """The body of the message that tells of it."""
    if token is None:
        assert happening.entry  # noqa: S101 - for the type checker: what is about no token is an entry
        data = entry_data(happening.entry)
    else:
        data = token_data(token) | dict(happening.more)
    return message(happening.type, happening.at, data)


def token_data(token: ReferenceToken) -> dict[str, Any]:
    """What is told of a token, as it is now."""
    return {
        "id": str(token.pk),
        "kind": token.kind,
        "hint": token.hint,
        "application": token.application.application_uri,
        "holder": user_data(token.holder or token.application.system_user),
        "issued_at": told(token.issued_at),
        "expires_at": told(token.expires_at),
        "replaces": str(token.replaces_id) if token.replaces_id else None,
    }


def user_data(user: User | None) -> dict[str, str] | None:
    """Whom a token speaks for; None where its application has no System User any more."""
    return {"id": str(user.pk), "username": user.username} if user else None


def entry_data(entry: AuditEvent) -> dict[str, Any]:
    """An entry of the audit log."""
    return {
        "seq": entry.seq,
        "at": told(entry.at),
        "action": entry.action,
        "source": entry.source,
        "actor": {"type": entry.actor_type, "id": entry.actor_id},
        "target": {"type": entry.target_type, "id": entry.target_id},
        "address": entry.address,
        "request_id": entry.request_id,
        "details": entry.details,
    }
