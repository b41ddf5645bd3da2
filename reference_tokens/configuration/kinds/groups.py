"""Groups in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group

from accounts.people.groups import add_member, create_group, delete_group, remove_member
from reference_tokens.configuration.kinds.people import named_users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run


class Groups:
    """Groups with all of their members."""

    section, name = "groups", "group"

    def key(self, entry: Entry) -> str:
        """The name."""
        return str(entry.given()["name"])

    def shown(self, key: str) -> str:
        """The name."""
        return key

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, Group]:
        """Groups by name."""
        groups: Any = Group.objects.order_by("name")
        rows = groups if keys is None else groups.filter(name__in=list(keys)).order_by("pk").select_for_update()
        return {group.name: group for group in rows}

    def state(self, row: Group) -> State:
        """Its name and members."""
        members: Any = row.users
        return {"name": row.name, "members": sorted(members.values_list("username", flat=True))}

    def add(self, run: Run, members: State) -> State:
        """Create it, with its members."""
        group = create_group(actor=run.actor, name=members["name"], now=run.now)
        self.change(run, group, members)
        return self.state(group)

    def change(self, run: Run, row: Group, members: State) -> dict[str, int]:
        """Put those into it that the file names, and take the others out."""
        wanted = {user.pk: user for user in named_users(members.get("members", ()), "members")}
        there = {user.pk: user for user in row.users.all()}
        for pk in sorted(wanted.keys() - there.keys()):
            add_member(actor=run.actor, group_id=row.pk, user=wanted[pk], now=run.now)
        for pk in sorted(there.keys() - wanted.keys()):
            remove_member(actor=run.actor, group_id=row.pk, user=there[pk], now=run.now)
        return {}

    def remove(self, run: Run, row: Group) -> None:
        """Delete it; its members stay."""
        delete_group(actor=run.actor, group_id=row.pk, now=run.now)
