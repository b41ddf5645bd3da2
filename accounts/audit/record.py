"""Writing the audit log: one entry for each change, in the transaction of the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext_lazy as _

from accounts.audit.chain import append, canonical_address
from accounts.audit.registry import tell_witnesses
from accounts.headers.request_ids import current_request_id
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User

# An entry holds two lists whole up to this length together; of longer ones only the difference.
MOST_LISTED = 100


class Source(models.TextChoices):
    """The door through which something was done."""

    COMMAND = "command", _("Command line")
    PROFILE = "profile", _("Profile")
    MANAGE = "manage", _("Instance Manager")
    API = "api", _("API")
    SYSTEM = "system", _("The service itself")


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of an entry: who acts, through which door, from which address, in which request."""

    source: Source
    type: str
    id: str = ""
    user: User | None = None
    address: str | None = None
    request_id: str = field(default_factory=current_request_id)

    @classmethod
    def person(cls, user: User, source: Source, *, address: str | None = None) -> Actor:
        """A signed-in person."""
        return cls(source, "user", str(user.pk), user, address)


# The person who runs commands on the machine of the service.
OPERATOR = Actor(Source.COMMAND, "operator")
# The service itself, which acts as a setting says.
SERVICE = Actor(Source.SYSTEM, "service")


@dataclass(frozen=True, slots=True)
class Target:
    """The target of an act."""

    type: str
    id: str

    @classmethod
    def user(cls, pk: UUID) -> Target:
        """A person or System User; never by name or address, so that people can be anonymised."""
        return cls("user", str(pk))


def record_event(actor: Actor, action: str, target: Target, *, now: datetime, details: dict[str, Any]) -> AuditEvent:
    """Append one entry to the chain; call it as the last step of the transaction that makes the change.

    The head row stays locked until that transaction ends, so that entries form one chain without gaps. `details`
    holds only values that JSON keeps exactly (texts, whole numbers, booleans, lists), and never a secret.
    """
    (event,) = record_events(actor, action, [target], now=now, details=details)
    return event


def record_events(
    actor: Actor, action: str, targets: Iterable[Target], *, now: datetime, details: dict[str, Any]
) -> list[AuditEvent]:
    """Append an entry for each target, as `record_event` does, in three statements for a portion of them."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("an audit entry belongs to the transaction of the change it records")
    events = [
        AuditEvent(
            at=now,
            action=action,
            source=actor.source,
            actor_type=actor.type,
            actor_id=actor.id,
            target_type=target.type,
            target_id=target.id,
            address=canonical_address(actor.address),
            request_id=actor.request_id,
            details=details,
        )
        for target in targets
    ]
    append(events)
    tell_witnesses(events)
    return events


def record_change(  # noqa: PLR0913 - who, what, and both descriptions
    actor: Actor, action: str, target: Target, *, now: datetime, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Append an entry of the differences between two descriptions, as `record_event` does; none if they are equal."""
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        record_event(actor, action, target, now=now, details=differences(before, after, changed))


def differences(before: dict[str, Any], after: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values before and after, as an entry holds them; of long lists only the difference, and how much is equal."""
    details: dict[str, Any] = {"before": {}, "after": {}}
    for name in names:
        was, has = before[name], after[name]
        if isinstance(was, list) and len(was) + len(has) > MOST_LISTED:
            both = set(was) & set(has)
            was, has = ([one for one in found if one not in both] for found in (was, has))
            details.setdefault("unchanged", {})[name] = len(both)
        details["before"][name], details["after"][name] = was, has
    return details
