"""Deactivating a user for a while, and reactivating them (TOK-11)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.models import User
from accounts.people.administrators import locked_with_administrators, refuse_last_administrator
from accounts.sessions.devices import end_all_devices

if TYPE_CHECKING:
    from datetime import datetime


def deactivate_user(*, actor: Actor, user_id: uuid.UUID, now: datetime, even_the_last: bool = False) -> bool:
    """Deactivate a person, whose sessions end, or a System User; returns whether it was this call that did it.

    Every token that acts as them fails from the next validation on. Raises `LastAdministrator`, unless it may be
    `even_the_last`: the operator can make another one.
    """
    with transaction.atomic():
        user = locked_with_administrators(user_id)
        if not user.is_active:
            return False
        if not even_the_last:
            refuse_last_administrator(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_all_devices(actor=actor, user=user, now=now)
        record_event(actor, "user:deactivate", Target.user(user.pk), now=now, details={})
    return True


def reactivate_user(*, actor: Actor, user_id: uuid.UUID, now: datetime) -> bool:
    """Reactivate a user, with every token that has not ended; returns whether it was this call that did it.

    A deleted person stays deleted.
    """
    with transaction.atomic():
        users = User.objects.filter(pk=user_id, is_active=False, deleted_at=None)
        if not users.update(is_active=True):
            return False
        record_event(actor, "user:reactivate", Target.user(user_id), now=now, details={})
    return True
