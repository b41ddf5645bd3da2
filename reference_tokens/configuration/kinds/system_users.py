"""System Users in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Lower

from accounts.models import User
from accounts.people.changes import change_user
from accounts.people.creation import create_user
from accounts.people.deactivation import deactivate_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run


class SystemUsers:
    """System Users; one that the file does not name is deactivated, since its tokens point to it."""

    section, name = "system_users", "System User"

    def key(self, entry: Entry) -> str:
        """The user name, in any case."""
        return str(entry.given()["username"]).lower()

    def shown(self, key: str) -> str:
        """The user name."""
        return key

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, User]:
        """System Users by user name; a person of a name counts as nobody, and the name as taken."""
        users = User.objects.filter(kind=User.Kind.SYSTEM, deleted_at=None).order_by("username")
        if keys is not None:
            users = users.alias(lowered=Lower("username")).filter(lowered__in=list(keys))
            users = users.order_by("pk").select_for_update(no_key=True)
        else:
            users = users.filter(is_active=True)
        return {user.username.lower(): user for user in users}

    def state(self, row: User) -> State:
        """Its names."""
        return {"username": row.username, "name": row.name}

    def add(self, run: Run, members: State) -> State:
        """Create it."""
        return self.state(create_user(actor=run.actor, now=run.now, is_system=True, **members))

    def change(self, run: Run, row: User, members: State) -> dict[str, int]:
        """Give it another name."""
        change_user(actor=run.actor, user_id=row.pk, now=run.now, **members)
        return {}

    def remove(self, run: Run, row: User) -> None:
        """Deactivate it."""
        deactivate_user(actor=run.actor, user_id=row.pk, now=run.now)
