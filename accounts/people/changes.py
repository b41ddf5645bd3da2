"""Changes that an administrator makes to people and System Users."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
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
    `create_user` and `require_own_columns` do. The old user name of a System User is never given away again. The entry
    names what changed, and the groups before and after, but no names and addresses: people can be anonymised (AUD-1).
    """
    with transaction.atomic():
        groups = None if groups is None else locked_groups(groups)
        user = User.objects.select_for_update(no_key=True).get(pk=user_id, deleted_at=None)
        before, target = {column: getattr(user, column) for column in values}, Target.user(user.pk)
        values_before = user_values(user)
        for column, value in values.items():
            setattr(user, column, value)
        require_as_opened(opened, target, before=values_before, after=user_values(user, groups=groups))
        require_own_columns(user, before)
        user.full_clean(exclude={field.name for field in User._meta.fields} - set(values))
        changed = [column for column in values if getattr(user, column) != before[column]]
        # Before the log is locked: on PostgreSQL a new user name waits for transactions that point to this row, and
        # these may wait for the log.
        save_user(user, update_fields=changed)
        if "username" in changed:
            exchange_username(user, before["username"])
        details: dict[str, Any] = {"changed": changed}
        if groups is not None and (new_groups := exchange_groups(user, groups)):
            changed.append("groups")
            details |= new_groups
        if "email" in changed:
            leave_email(user, before["email"], now)
        if changed:
            record_event(actor, "user:update", target, now=now, details=details)
    return changed


def require_own_columns(user: User, before: dict[str, Any]) -> None:
    """Raise `ValidationError` where a person is given another user name, or a System User an e-mail address."""
    if user.is_person and user.username != before.get("username", user.username):
        raise ValidationError({"username": _("The user name of a person stays as it is.")})
    if not user.is_person and user.email and user.email != before.get("email", user.email):
        raise ValidationError({"email": _("A System User has no e-mail address.")})


def user_values(user: User, *, groups: Iterable[Group] | None = None) -> dict[str, Any]:
    """The values that an administrator edits, with the ids of the groups: of the user's own, or of those given."""
    own = {"email": user.email} if user.is_person else {"username": user.username}
    ids = [group.pk for group in (user.groups.all() if groups is None else groups)]
    return {"name": user.name, "groups": sorted(ids), **own}


def exchange_groups(user: User, groups: Iterable[Group]) -> dict[str, Any]:
    """Give the user these groups in place of theirs; returns what an audit entry says of it, if anything changed."""
    before = names_of_groups(user)
    user.groups.set(groups)
    after = names_of_groups(user)
    return differences({"groups": before}, {"groups": after}, ["groups"]) if after != before else {}


def names_of_groups(user: User) -> list[str]:
    """The names of the user's groups."""
    return list(user.groups.order_by("name").values_list("name", flat=True))


def exchange_username(user: User, before: str) -> None:
    """Let a System User have another name; a name that differs only in case is the same."""
    if user.username.lower() != before.lower():
        refuse_former_username(user.username)
        retire_username(before)


def leave_email(user: User, before: str, now: datetime) -> None:
    """Tell the old address, if there was one, and end the links that went to it."""
    end_mailed_links(user)
    if before:
        queue_letter(partial(email_changed_letter, user), to=user, address=before, now=now)


def end_mailed_links(user: User) -> None:
    """End every link that was mailed to the old address, or leads to another one."""
    EmailChange.objects.filter(user=user).delete()
    Invitation.objects.filter(user=user).delete()


def email_changed_letter(user: User) -> Letter:
    """To the old address: it is no longer used."""
    return Letter(
        subject=_("Your e-mail address was changed"),
        paragraphs=[
            _("An administrator changed the e-mail address of the account %(username)s. This was the previous address.")
            % {"username": user.username},
        ],
        closing=[_("If you did not expect it, ask an administrator.")],
    )
