"""Scopes in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from trusted_apps.built_in import ManagementScope
from trusted_apps.models import Scope
from trusted_apps.scope_catalogue import ScopeInUse, create_scope, delete_scope, describe_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run


class Scopes:
    """Scopes, but for those of the management API."""

    section, name = "scopes", "scope"

    def key(self, entry: Entry) -> str:
        """The name."""
        return str(entry.given()["name"])

    def shown(self, key: str) -> str:
        """The name."""
        return key

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, Scope]:
        """Scopes by name."""
        scopes = Scope.objects.exclude(name__in=ManagementScope.values).order_by("name")
        rows = scopes if keys is None else scopes.filter(name__in=keys).select_for_update()
        return {scope.name: scope for scope in rows}

    def state(self, row: Scope) -> State:
        """Its name and its words."""
        return {"name": row.name, "description": row.description}

    def add(self, run: Run, members: State) -> State:
        """Add a scope."""
        return self.state(create_scope(actor=run.actor, now=run.now, **members))

    def change(self, run: Run, row: Scope, members: State) -> dict[str, int]:
        """Describe it anew."""
        describe_scope(actor=run.actor, name=row.name, description=members["description"], now=run.now)
        return {}

    def remove(self, run: Run, row: Scope) -> None:
        """Remove it, where no application offers it."""
        try:
            delete_scope(actor=run.actor, name=row.name, now=run.now)
        except ScopeInUse as used:
            text = _("%(count)d Trusted Applications offer it.") % {"count": used.applications}
            raise ValidationError(text) from used
