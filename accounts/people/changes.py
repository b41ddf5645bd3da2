"""What is known of people and System Users, changed by an administrator."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, differences, record_event
from accounts.forms.versions import Opened, require_as_opened
from accounts.mails.message import Letter
from accounts.models import EmailChange, Invitation, User
from accounts.outbox.letters import queue_letter
from accounts.people.creation import save_user
from accounts.people.former_usernames import refuse_former_username, retire_username
from accounts.people.groups import locked_groups

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.contrib.auth.models import Group


def change_user(
    *,
    actor: Actor,
    user_id: uuid.UUID,
    now: datetime,
    groups: Iterable[Group] | None = None,
    opened: Opened | None = None,
    **values: Any,
) -> list[str]:
    """Change columns of a user, and their groups where they are given; returns the names of what changed.

    Raises `ChangedMeanwhile` where the user is not as the form was `opened` with, and `ValidationError` as
    `create_user` does. The user name of a person stays; that of a System User may change,
    and is never given away again. What was changed is recorded, and of the groups from what to what; names and
    addresses are not, so that people can be anonymised (AUD-1).
    """
    with transaction.atomic():
        groups = None if groups is None else locked_groups(groups)
        user = User.objects.select_for_update(no_key=True).get(pk=user_id, deleted_at=None)
        before, groups_before = {column: getattr(user, column) for column in values}, group_names(user)
        values_before, target = user_values(user), Target.user(user.pk)
        for column, value in values.items():
            setattr(user, column, value)
        require_as_opened(opened, target, before=values_before, after=user_values(user, groups=groups))
        user.full_clean(exclude={field.name for field in User._meta.fields} - set(values))  # noqa: SLF001
        changed = [column for column in values if getattr(user, column) != before[column]]
        # Before the log is locked: on PostgreSQL a new user name waits for whoever points to this row, and they may be
        # waiting for the log.
        save_user(user, update_fields=changed)
        if "username" in changed:
            exchange_username(user, before["username"])
        details: dict[str, Any] = {"changed": changed}
        if groups is not None:
            user.groups.set(groups)
            if (groups_now := group_names(user)) != groups_before:
                changed.append("groups")
                details |= differences({"groups": groups_before}, {"groups": groups_now}, ["groups"])
        if "email" in changed:
            end_mailed_links(user)
            if before["email"]:
                queue_letter(partial(email_changed_letter, user), to=user, address=before["email"], now=now)
        if changed:
            record_event(actor, "user:update", target, now=now, details=details)
    return changed


def user_values(user: User, *, groups: Iterable[Group] | None = None) -> dict[str, Any]:
    """What an administrator changes of a user, of the groups their ids; with `groups` in place of those they have."""
    own = {"email": user.email} if user.is_person else {"username": user.username}
    ids = [group.pk for group in (user.groups.all() if groups is None else groups)]
    return {"name": user.name, "groups": sorted(ids), **own}


def group_names(user: User) -> list[str]:
    """The names of the user's groups."""
    return list(user.groups.order_by("name").values_list("name", flat=True))


def exchange_username(user: User, before: str) -> None:
    """Let a System User go by another name; one that differs in nothing but case is the same."""
    if user.is_person:
        raise ValueError("the user name of a person stays as it is")
    if user.username.lower() != before.lower():
        refuse_former_username(user.username)
        retire_username(before)


def end_mailed_links(user: User) -> None:
    """Let no link work any more that went to another address, or leads to one."""
    EmailChange.objects.filter(user=user).delete()
    Invitation.objects.filter(user=user).delete()


def email_changed_letter(user: User) -> Letter:
    """To the old address: it is no longer used."""
    return Letter(
        subject=_("Your e-mail address was changed"),
        paragraphs=[
            _("An administrator changed the e-mail address of the account %(username)s. It was this one before.")
            % {"username": user.username},
        ],
        closing=[_("If you did not expect it, ask an administrator.")],
    )
