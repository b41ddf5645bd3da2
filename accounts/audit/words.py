"""The record of what happened, in words: what was done, who did it, and from where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from accounts.audit.record import Source
from accounts.models import User
from accounts.text.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.models import AuditEvent

# Every action that is recorded anywhere; a test holds this to the code.
ACTIONS: dict[str, Promise] = {
    "application:create": _lazy("Trusted Application registered"),
    "application:update": _lazy("Trusted Application changed"),
    "factor:add": _lazy("Second factor added"),
    "factor:remove": _lazy("Second factor removed"),
    "factor:rename": _lazy("Passkey renamed"),
    "factor:reset": _lazy("All second factors removed"),
    "group:add_member": _lazy("Member taken into a group"),
    "group:create": _lazy("Group created"),
    "group:delete": _lazy("Group deleted"),
    "group:remove_member": _lazy("Member taken out of a group"),
    "group:remove_members": _lazy("Members taken out of a group that was deleted"),
    "group:rename": _lazy("Group renamed"),
    "recovery_codes:generate": _lazy("Recovery codes generated"),
    "resource_server:add_secret": _lazy("Secret added to a Resource Server"),
    "resource_server:create": _lazy("Resource Server registered"),
    "resource_server:remove_secret": _lazy("Secret taken from a Resource Server"),
    "resource_server:update": _lazy("Resource Server changed"),
    "session:end": _lazy("Signed out of devices"),
    "token:export": _lazy("Tokens exported"),
    "token:issue": _lazy("Token issued"),
    "token:resume": _lazy("Token resumed"),
    "token:revoke": _lazy("Token revoked"),
    "token:revoke_many": _lazy("Tokens revoked together"),
    "token:rotate": _lazy("Token rotated"),
    "token:shorten_many": _lazy("Lives of tokens shortened"),
    "token:suspend": _lazy("Token suspended"),
    "token:suspend_many": _lazy("Tokens suspended together"),
    "user:accept_invitation": _lazy("Invitation accepted"),
    "user:ask_email_change": _lazy("New e-mail address asked for"),
    "user:ask_password_reset": _lazy("New password asked for"),
    "user:attempts_limited": _lazy("Too many attempts"),
    "user:change_email": _lazy("E-mail address changed"),
    "user:change_password": _lazy("Password changed"),
    "user:connect_identity": _lazy("Single sign-on connected"),
    "user:create": _lazy("User created"),
    "user:deactivate": _lazy("User deactivated"),
    "user:delete": _lazy("User deleted"),
    "user:disconnect_identity": _lazy("Single sign-on disconnected"),
    "user:invite": _lazy("Invited"),
    "user:make_administrator": _lazy("Made an administrator"),
    "user:reactivate": _lazy("User reactivated"),
    "user:reset_password": _lazy("Password chosen by mail"),
    "user:sign_in": _lazy("Signed in"),
    "user:sign_in_failed": _lazy("Sign-in failed"),
    "user:sign_out": _lazy("Signed out"),
    "user:unmake_administrator": _lazy("Rights of an administrator taken"),
    "user:update": _lazy("Personal info changed"),
}
# Who acts that is nobody in person, by the type of the actor.
ACTORS: dict[str, Promise] = {
    "anonymous": _lazy("Somebody who was not signed in"),
    "identity_provider": _lazy("The OpenID Connect provider"),
    "operator": _lazy("The command line"),
    "resource_server": _lazy("A Resource Server"),
    "service": _lazy("The service itself"),
    "token": _lazy("The token itself"),
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """An entry of the record as pages show it; what there is nothing to say of is empty."""

    seq: int
    at: datetime
    what: str
    detail: str
    who: str
    door: str
    address: str


def event_rows(events: Sequence[AuditEvent], names: Mapping[str, str] | None = None) -> list[EventRow]:
    """The entries in words; `names` are those of actors that are no people, by their ids. One query."""
    known = {**names_of_people(events), **(names or {})}
    return [
        EventRow(
            seq=event.seq,
            at=event.at,
            what=what_in_words(event),
            detail=detail_in_words(event),
            who=who_in_words(event, known),
            door=str(Source(event.source).label) if event.actor_type == "user" else "",
            address=event.address or "",
        )
        for event in events
    ]


def names_of_people(events: Iterable[AuditEvent]) -> dict[str, str]:
    """The names of those who acted, by their ids; nobody is named who was deleted (TOK-11)."""
    ids = {event.actor_id for event in events if event.actor_type == "user"}
    people = User.objects.filter(pk__in=[uuid.UUID(pk) for pk in ids], deleted_at=None)
    return {str(person.pk): person.name_beside_others for person in people}


def what_in_words(event: AuditEvent) -> str:
    """What was done; an action of some other version by the name that it is recorded under."""
    return str(ACTIONS.get(event.action, event.action))


def who_in_words(event: AuditEvent, names: Mapping[str, str]) -> str:
    """Who did it."""
    if name := names.get(event.actor_id):
        return name
    return str(ACTORS.get(event.actor_type) or _("A deleted user"))


def detail_in_words(event: AuditEvent) -> str:
    """The reason that was given, and how many were concerned where they were several."""
    said = []
    if isinstance(count := event.details.get("count"), int):
        said.append(ngettext("%(count)d token", "%(count)d tokens", count) % {"count": count})
    if reason := Reason.recorded(event.details).in_words():
        said.append(reason)
    return ", ".join(said)
