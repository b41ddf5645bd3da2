"""What the audit log holds of one token."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.audit.queries import events_about, last_event_about
from accounts.audit.record import Source, Target
from accounts.audit.words import EventRow, event_rows
from reference_tokens.log.concerning import named_by
from reference_tokens.models import ReferenceToken, ResourceServer
from trusted_apps.built_in import API_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import AuditEvent, User

EVENTS_SHOWN = 50


def events_of(token: ReferenceToken) -> QuerySet[AuditEvent]:
    """The entries of the audit log about the token, and about many of which it was one; newest first."""
    return events_about([Target(kind, str(pk)) for kind, pk in named_by(token).items() if pk])


def in_words(events: Sequence[AuditEvent], reader: User | None) -> list[EventRow]:
    """The entries as the reader may see them.

    A holder sees from which address they acted, themselves and by their programs, and from which the token itself was
    used to act; the address of an administrator, and what their programs are called, is not theirs to know.
    """
    programs = names_of_programs(events, reader)
    rows = event_rows(events, names_of_servers(events) | programs)
    if reader is None:
        return rows
    own = {("user", str(reader.pk)), *(("token", event.target_id) for event in events)}
    own |= {(API_TOKEN, pk) for pk in programs}
    return [
        row if (event.actor_type, event.actor_id) in own else replace(row, address="")
        for row, event in zip(rows, events, strict=True)
    ]


def names_of_servers(events: Sequence[AuditEvent]) -> dict[str, str]:
    """The names of the Resource Servers that acted, by their client ids; a query only where there is one."""
    ids = {event.actor_id for event in events if event.actor_type == "resource_server"}
    return dict(ResourceServer.objects.filter(client_id__in=ids).values_list("client_id", "name")) if ids else {}


def names_of_programs(events: Sequence[AuditEvent], reader: User | None = None) -> dict[str, str]:
    """The names of the tokens by which programs acted, by their ids: the reader's own; None: anybody's."""
    ids = {event.actor_id for event in events if event.actor_type == API_TOKEN}
    if not ids:
        return {}
    tokens = ReferenceToken.objects.filter(pk__in=ids).select_related("application")
    if reader:
        tokens = tokens.filter(holder=reader)
    return {str(token.pk): name_beside_application(token) for token in tokens}


def name_beside_application(token: ReferenceToken) -> str:
    """What a token is called, with its application; one without a description is called by that alone."""
    if not token.description:
        return token.display_name
    return _("%(name)s for %(application)s") % {"name": token.description, "application": token.application.name}


def issued_through(token: ReferenceToken, events: Sequence[AuditEvent]) -> str:
    """The door through which the token was issued, in words; empty where the record does not say."""
    issue = next((event for event in events if event.action == "token:issue"), None)
    issue = issue or last_event_about(Target("token", str(token.pk)), "token:issue")
    return str(Source(issue.source).label) if issue else ""
