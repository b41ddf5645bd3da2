"""What the audit log holds of one token."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Cast, Replace
from django.utils.translation import gettext as _

from accounts.audit.queries import about, by, events_about, last_event_about
from accounts.audit.record import Source, Target
from accounts.audit.words import EventRow, event_rows
from reference_tokens.models import ReferenceToken, ResourceServer
from trusted_apps.built_in import API_TOKEN, MANAGEMENT_API_URI

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from accounts.models import AuditEvent, User
    from reference_tokens.models import ReferenceTokenQuerySet

EVENTS_SHOWN = 50
# Of so many tokens the entries are found by their ids.
MOST_TOLD = 200
# The columns of `named_by`, to ask for.
NAMED_BY = {
    "token": "id",
    "revocation": "revocation_id",
    "suspension": "suspension_id",
    "resumption": "resumption_id",
    "leak_report": "leak_report_id",
}


def events_of(token: ReferenceToken) -> QuerySet[AuditEvent]:
    """The entries of the audit log about the token, and about many of which it was one; newest first."""
    return events_about([Target(kind, str(pk)) for kind, pk in named_by(token).items() if pk])


def named_by(token: ReferenceToken) -> dict[str, uuid.UUID | None]:
    """The ids by which entries are about the token, by the types of their targets."""
    return {
        "token": token.pk,
        "revocation": token.revocation_id,
        "suspension": token.suspension_id,
        "resumption": token.resumption_id,
        "leak_report": token.leak_report_id,
    }


def concerning_token(token: ReferenceToken) -> tuple[Q, ...]:
    """The entries about a token, about many of which it was one, and of what it did itself."""
    return (*about_tokens([token]), *by_tokens([token.pk]))


def by_tokens(ids: Collection[uuid.UUID | str]) -> tuple[Q, ...]:
    """The entries of what tokens did themselves, and of what programs did by them."""
    acting = [str(pk) for pk in ids]
    return by("token", acting), by(API_TOKEN, acting)


def by_programs_of(people: Collection[User]) -> tuple[Q, ...]:
    """The entries of what programs did by the tokens of these people for the management API."""
    tokens = ReferenceToken.objects.filter(holder__in=people, application__application_uri=MANAGEMENT_API_URI)
    ids = [str(pk) for pk in tokens.order_by().values_list("pk", flat=True)]
    return (by(API_TOKEN, ids),) if ids else ()


def concerning_applications(ids: Collection[uuid.UUID]) -> tuple[Q, ...]:
    """The entries about these applications, and about their tokens.

    Those of few tokens are found by an index; for more the whole log is walked, which soon meets some.
    """
    tokens = ReferenceToken.objects.filter(application__in=ids)
    few = list(tokens.only(*NAMED_BY.values())[: MOST_TOLD + 1])
    found = about_tokens(few) if len(few) <= MOST_TOLD else [about_any_of(tokens)]
    return (about("application", [str(pk) for pk in ids]), *found)


def about_tokens(tokens: Collection[ReferenceToken]) -> list[Q]:
    """The entries about these tokens, by the index of targets."""
    ids: dict[str, set[str]] = defaultdict(set)
    for token in tokens:
        for kind, pk in named_by(token).items():
            ids[kind] |= {str(pk)} if pk else set()
    return [about(kind, of_kind) for kind, of_kind in ids.items() if of_kind]


def about_any_of(tokens: ReferenceTokenQuerySet) -> Q:
    """The entries about any of these tokens, asked of each entry; only an id of a token is compared with one."""
    pk = Cast(Replace(OuterRef("target_id"), Value("-"), Value("")), UUIDField())
    asked = [When(target_type=kind, then=Exists(tokens.filter(**{name: pk}))) for kind, name in NAMED_BY.items()]
    return Q(Case(*asked, default=Value(False), output_field=BooleanField()))


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
