"""Administrators: giving a person the rights, and removing them, but never from the last administrator (PEO-2)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User
from accounts.people.access import has_a_way_in
from accounts.sessions.devices import end_all_devices

if TYPE_CHECKING:
    from datetime import datetime


class LastAdministrator(Exception):
    """Without this person nobody could administer the instance."""

    def __str__(self) -> str:
        return _("This is the last administrator who can sign in. Give another user administrator rights first.")


def make_administrator(*, actor: Actor, user_id: uuid.UUID, now: datetime) -> bool:
    """Make a person an administrator; returns whether it was this call that did it.

    Their sessions end, so that none of them has these rights without a new sign-in (T45). An inactive person does not
    become one.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id, kind=User.Kind.PERSON)
        if user.is_administrator or not user.is_active:
            return False
        set_rights(user, actor=actor, is_administrator=True, now=now)
    return True


def remove_administrator_rights(
    *, actor: Actor, user_id: uuid.UUID, now: datetime, even_the_last: bool = False
) -> bool:
    """Remove a person's administrator rights and end their sessions; returns whether it was this call that did it.

    Raises `LastAdministrator`, unless it may be `even_the_last`: the operator can make another one.
    """
    with transaction.atomic():
        user = locked_with_administrators(user_id)
        if not user.is_administrator:
            return False
        if not even_the_last:
            refuse_last_administrator(user)
        set_rights(user, actor=actor, is_administrator=False, now=now)
    return True


def set_rights(user: User, *, actor: Actor, is_administrator: bool, now: datetime) -> None:
    """Write and record the rights of a user whose row is locked, and end the sessions that had others."""
    User.objects.filter(pk=user.pk).update(is_administrator=is_administrator)
    end_all_devices(actor=actor, user=user, now=now)
    action = "user:make_administrator" if is_administrator else "user:unmake_administrator"
    record_event(actor, action, Target.user(user.pk), now=now, details={})


def locked_with_administrators(user_id: uuid.UUID) -> User:
    """The user as they are now, locked together with every administrator until the transaction ends.

    Raises `User.DoesNotExist`. If two administrators remove each other's rights, one comes second and sees what the
    first did. The rows are locked in the order of their ids, as everywhere.
    """
    concerned = User.objects.filter(Q(pk=user_id) | active_administrators()).order_by("pk")
    locked = {user.pk: user for user in concerned.select_for_update(no_key=True)}
    if user_id not in locked:
        raise User.DoesNotExist
    return locked[user_id]


def is_last_administrator(user: User) -> bool:
    """Whether this active administrator is the only one who can sign in.

    An administrator who has not accepted their invitation does not count: perhaps they never will.
    """
    if not (user.is_active and user.is_administrator):
        return False
    others = User.objects.filter(active_administrators()).exclude(pk=user.pk)
    # First those of whom no other table need be asked.
    return not any(map(has_a_way_in, sorted(others, key=lambda other: not other.has_usable_password())))


def refuse_last_administrator(user: User) -> None:
    """Raise `LastAdministrator` for the last one; call it under the locks of `locked_with_administrators`."""
    if is_last_administrator(user):
        raise LastAdministrator


def active_administrators() -> Q:
    """The condition for administrators whose rights hold."""
    return Q(is_administrator=True, is_active=True)
