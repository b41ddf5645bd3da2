"""Every question that is asked of the audit log; no other package reads its table."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.audit.registry import action_of, actions_of_forms
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit.record import Target
    from accounts.models import User

# Entries about a group that change what the form of a user edits.
MEMBERSHIPS = ("group:add_member", "group:remove_member")


def events_about(targets: Sequence[Target]) -> QuerySet[AuditEvent]:
    """The entries about any of the targets, the newest first."""
    about = [Q(target_type=target.type, target_id=target.id) for target in targets]
    return AuditEvent.objects.filter(reduce(or_, about)).order_by("-seq")


def last_event_about(target: Target, action: str) -> AuditEvent | None:
    """The last entry of one action about a target."""
    return events_about([target]).filter(action=action).first()


def last_events_of_user(user: User, most: int) -> list[AuditEvent]:
    """The last entries about what a user did and what was done to them, the newest first."""
    by_user = AuditEvent.objects.filter(actor_type="user", actor_id=str(user.pk)).order_by("-seq")[:most]
    to_user = AuditEvent.objects.filter(target_type="user", target_id=str(user.pk)).order_by("-seq")[:most]
    found = {event.seq: event for events in (by_user, to_user) for event in events}
    return [found[seq] for seq in sorted(found, reverse=True)[:most]]


def changes_of(target: Target) -> QuerySet[AuditEvent]:
    """The entries about changes of what a form of the target edits, the newest first (EDIT-1)."""
    found = AuditEvent.objects.filter(target_type=target.type, target_id=target.id, action__in=actions_of_forms())
    if target.type == "user":
        found |= AuditEvent.objects.filter(target_type="group", action__in=MEMBERSHIPS, details__member=target.id)
    return found.order_by("-seq")


def changes_by_others(target: Target, user: User, *, since: datetime) -> QuerySet[AuditEvent]:
    """Those changes of the target that anybody but the user made since an instant."""
    return changes_of(target).filter(at__gte=since).exclude(actor_type="user", actor_id=str(user.pk))


def fields_changed_by(event: AuditEvent) -> Collection[str]:
    """The fields of its target's form that the act of an entry changed."""
    if event.action in MEMBERSHIPS:
        return ("groups",)
    changed = action_of(event).fields_changed
    return changed(event.details) if changed else ()
