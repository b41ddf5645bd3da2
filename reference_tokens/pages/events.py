"""What the audit log holds of one token."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from accounts.audit.queries import events_about, last_event_about
from accounts.audit.record import Source, Target
from accounts.audit.words import EventRow, event_rows
from reference_tokens.models import ResourceServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import AuditEvent, User
    from reference_tokens.models import ReferenceToken

EVENTS_SHOWN = 50


def events_of(token: ReferenceToken) -> QuerySet[AuditEvent]:
    """The entries of the audit log about the token, and about many of which it was one; newest first."""
    ids = {"token": token.pk, "revocation": token.revocation_id, "suspension": token.suspension_id}
    return events_about([Target(kind, str(pk)) for kind, pk in ids.items() if pk])


def in_words(events: Sequence[AuditEvent], reader: User | None) -> list[EventRow]:
    """The entries as the reader may see them.

    A holder sees from which address they acted, and from which the token itself was used to act; the address of an
    administrator is not theirs to know.
    """
    rows = event_rows(events, names_of_servers(events))
    if reader is None:
        return rows
    own = {("user", str(reader.pk)), *(("token", event.target_id) for event in events)}
    return [
        row if (event.actor_type, event.actor_id) in own else replace(row, address="")
        for row, event in zip(rows, events, strict=True)
    ]


def names_of_servers(events: Sequence[AuditEvent]) -> dict[str, str]:
    """The names of the Resource Servers that acted, by their client ids; a query only where there is one."""
    ids = {event.actor_id for event in events if event.actor_type == "resource_server"}
    return dict(ResourceServer.objects.filter(client_id__in=ids).values_list("client_id", "name")) if ids else {}


def issued_through(token: ReferenceToken, events: Sequence[AuditEvent]) -> str:
    """The door through which the token was issued, in words; empty where the record does not say."""
    issue = next((event for event in events if event.action == "token:issue"), None)
    issue = issue or last_event_about(Target("token", str(token.pk)), "token:issue")
    return str(Source(issue.source).label) if issue else ""
