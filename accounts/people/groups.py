"""Groups of people and System Users; Resource Servers that learn profiles learn their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.audit.record import MOST_LISTED, Actor, Target, record_event
from accounts.forms.fingerprints import fingerprint, require_same_set
from accounts.forms.versions import Opened, require_as_opened, require_unchanged
from accounts.models import User
from accounts.text.case_folding import equals_text
from accounts.text.free_text import require_readable, tidied

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def create_group(*, actor: Actor, name: str, now: datetime, members: Iterable[User] = ()) -> Group:
    """Create a group with these members; raises `ValidationError` for a name that is taken or no plain text."""
    group = Group(name=name)
    with transaction.atomic():
        # Before anything is recorded: others who hold a user may be waiting for the log.
        joining = locked_users(members)
        save_group(group)
        record_group_event(actor, "group:create", group, now, {"name": group.name})
        for user in joining:
            add_member(actor=actor, group_id=group.pk, user=user, now=now)
    return group


def rename_group(*, actor: Actor, group_id: int, name: str, now: datetime, opened: Opened | None = None) -> bool:
    """Give a group another name; returns whether that changed something.

    Raises `ChangedMeanwhile` where its name is not the one the form was `opened` with, and as `create_group` does.
    """
    with transaction.atomic():
        group = locked_group(group_id)
        if group is None or group.name == tidied(name):
            return False
        require_as_opened(opened, group_target(group), before=group_values(group), after={"name": tidied(name)})
        before, group.name = group.name, name
        save_group(group)
        record_group_event(actor, "group:rename", group, now, {"before": before, "after": group.name})
    return True


def change_group(  # noqa: PLR0913 - who, what, when, and what was agreed to
    *,
    actor: Actor,
    group_id: int,
    now: datetime,
    name: str | None = None,
    members: Iterable[User] | None = None,
    opened: Opened | None = None,
) -> Group:
    """Give a group another name, or exactly these members, where they are given; all or nothing.

    Raises `Group.DoesNotExist`, `ChangedMeanwhile` where the group is not as it was `opened` (`group_state`), and as
    `create_group` does.
    """
    with transaction.atomic():
        group = Group.objects.select_for_update(no_key=True).get(pk=group_id)
        require_unchanged(opened, group_target(group), group_state(group))
        joining, leaving = ([], []) if members is None else exchanged_members(group, members)
        # Before anything is recorded, as in `create_group`.
        locked_users([*joining, *leaving])
        if name is not None:
            rename_group(actor=actor, group_id=group_id, name=name, now=now)
        for user in joining:
            add_member(actor=actor, group_id=group_id, user=user, now=now)
        for user in leaving:
            remove_member(actor=actor, group_id=group_id, user=user, now=now)
    return Group.objects.get(pk=group_id)


def exchanged_members(group: Group, members: Iterable[User]) -> tuple[list[User], list[User]]:
    """Who joins a group and who leaves it, where these are to be its members."""
    wanted = {user.pk: user for user in members}
    there = {user.pk: user for user in members_of(group).order_by("pk")}
    joining = [user for pk, user in wanted.items() if pk not in there]
    return joining, [user for pk, user in there.items() if pk not in wanted]


def delete_group(
    *, actor: Actor, group_id: int, now: datetime, shown: str | None = None, opened: Opened | None = None
) -> bool:
    """Delete a group, which leaves its members as they are; returns whether it was this call that did it.

    Raises `SetChanged` where its members are not those that were `shown`, and `ChangedMeanwhile` where it is not as it
    was `opened` (`group_state`).
    """
    with transaction.atomic():
        # A full lock keeps others from adding a member meanwhile; the weaker lock of a change does not.
        group = Group.objects.select_for_update().filter(pk=group_id).first()
        if group is None:
            return False
        require_unchanged(opened, group_target(group), group_state(group))
        members = sorted(str(pk) for pk in members_of(group).values_list("pk", flat=True))
        require_same_set(members, shown)
        Group.objects.filter(pk=group.pk).delete()
        # Entries stay short however large the group, and record every member.
        while len(members) > MOST_LISTED:
            some, members = members[:MOST_LISTED], members[MOST_LISTED:]
            record_group_event(actor, "group:remove_members", group, now, {"name": group.name, "members": some})
        record_group_event(actor, "group:delete", group, now, {"name": group.name, "members": members})
    return True


def add_members(*, actor: Actor, group_id: int, users: Iterable[User], now: datetime) -> list[User]:
    """Take people and System Users into a group, all or none; returns who was not in it yet.

    Raises `Group.DoesNotExist`.
    """
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(pk=group_id)
        joining = locked_users(users)
        return [user for user in joining if add_member(actor=actor, group_id=group_id, user=user, now=now)]


def add_member(*, actor: Actor, group_id: int, user: User, now: datetime) -> bool:
    """Take a person or a System User into a group; returns whether they were not in it yet."""
    return change_membership(actor, group_id, user, now, is_member=True)


def remove_member(*, actor: Actor, group_id: int, user: User, now: datetime) -> bool:
    """Take somebody out of a group; returns whether they were in it."""
    return change_membership(actor, group_id, user, now, is_member=False)


def change_membership(actor: Actor, group_id: int, user: User, now: datetime, *, is_member: bool) -> bool:
    """Put somebody into a group or take them out; nothing is recorded where nothing changes."""
    with transaction.atomic():
        group = locked_group(group_id)
        # The form of a user replaces all of their groups, under this lock.
        User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if group is None or members_of(group).filter(pk=user.pk).exists() == is_member:
            return False
        if is_member:
            user.groups.add(group)
        else:
            user.groups.remove(group)
        action = "group:add_member" if is_member else "group:remove_member"
        record_group_event(actor, action, group, now, {"name": group.name, "member": str(user.pk)})
    return True


def members_of(group: Group) -> Any:
    """The people and System Users of a group."""
    return User.objects.filter(groups=group)


def locked_group(group_id: int) -> Group | None:
    """The group as it is now, locked until the transaction ends; None once it is deleted."""
    return Group.objects.select_for_update(no_key=True).filter(pk=group_id).first()


def locked_groups(groups: Iterable[Group]) -> list[Group]:
    """The groups that still exist, locked in one order until the transaction ends; lock them before their users."""
    there = Group.objects.filter(pk__in=[group.pk for group in groups])
    return list(there.order_by("pk").select_for_update(no_key=True))


def locked_users(users: Iterable[User]) -> list[User]:
    """The users, each once, locked in one order until the transaction ends."""
    there = User.objects.filter(pk__in={user.pk for user in users})
    return list(there.order_by("pk").select_for_update(no_key=True))


def save_group(group: Group) -> None:
    """Check the name and save."""
    group.name = tidied(group.name)
    try:
        require_readable(group.name)
    except ValidationError as error:
        raise ValidationError({"name": error}) from error
    if Group.objects.filter(equals_text("name", group.name)).exclude(pk=group.pk).exists():
        raise ValidationError({"name": _("Another group has this name.")})
    group.full_clean()
    save_checked_group(group)


def save_checked_group(group: Group) -> None:
    """Save a checked group; only the database sees a name that somebody else takes at the same moment."""
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise ValidationError({"name": _("Another group has this name.")}) from error


def group_values(group: Group) -> dict[str, Any]:
    """The values that the form of a group edits."""
    return {"name": group.name}


def group_state(group: Group) -> dict[str, Any]:
    """What a program sees of a group, and may change: its name, and who is in it, as a fingerprint."""
    return group_values(group) | {"members": fingerprint(members_of(group).values_list("pk", flat=True))}


def group_target(group: Group) -> Target:
    """The group as the audit log names it."""
    return Target("group", str(group.pk))


def record_group_event(actor: Actor, action: str, group: Group, now: datetime, details: dict[str, Any]) -> None:
    """Append the entry of a change."""
    record_event(actor, action, group_target(group), now=now, details=details)
