"""Deleting a person: nothing tells who they were, and the record of what they did stays (TOK-11, T64)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.audit.record import Actor, Target, record_event
from accounts.models import EmailChange, Invitation, PasswordReset, User
from accounts.outbox.letters import discard_letters_to
from accounts.people.administrators import locked_with_administrators, refuse_last_administrator
from accounts.people.former_usernames import retire_username
from accounts.sessions.devices import end_all_devices

if TYPE_CHECKING:
    from datetime import datetime

# The values of a person of whom nothing is known.
NOTHING_KNOWN = {
    "name": "",
    "email": "",
    "is_active": False,
    "is_administrator": False,
    "language": "",
    "time_zone": "UTC",
    "last_login": None,
}


def anonymise_person(*, actor: Actor, user_id: uuid.UUID, now: datetime, even_the_last: bool = False) -> bool:
    """Forget who a person was; returns whether it was this call that did it.

    The row stays, inactive for good, and with it the id that tokens and entries of the log point to. The user name is
    given to nobody again. Raises `LastAdministrator`, unless it may be `even_the_last`: the operator can make another
    one. For their tokens see `reference_tokens.lifecycle.offboarding`.
    """
    with transaction.atomic():
        user = locked_with_administrators(user_id)
        if user.deleted_at:
            return False
        if not user.is_person:
            raise ValueError("a System User is deactivated, not deleted")
        if not even_the_last:
            refuse_last_administrator(user)
        # Before the log is locked: on PostgreSQL a new user name waits for transactions that point to this row, and
        # these may wait for the log.
        columns = NOTHING_KNOWN | {"username": f"deleted-{user.pk.hex}", "password": make_password(None)}
        User.objects.filter(pk=user.pk).update(deleted_at=now, **columns)
        retire_username(user.username)
        user.groups.clear()
        for of_the_person in (EmailChange, Invitation, PasswordReset, Authenticator, SocialAccount):
            of_the_person.objects.filter(user=user).delete()
        discard_letters_to(user)
        end_all_devices(actor=actor, user=user, now=now)
        record_event(actor, "user:delete", Target.user(user.pk), now=now, details={})
    return True
