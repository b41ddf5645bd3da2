"""Trusted Applications in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.functions import Lower

from reference_tokens.configuration.errors import PlanChanged
from reference_tokens.configuration.kinds.people import named_users
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, change_application
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import create_application

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run
    from reference_tokens.policy.impact import Impact


class Applications:
    """Trusted Applications; one that the file does not name is disabled, since the record of its tokens stays."""

    section, name = "applications", "Trusted Application"

    def key(self, entry: Entry) -> str:
        """The URI, in any case."""
        return str(entry.given()["application_uri"]).lower()

    def shown(self, key: str) -> str:
        """The URI."""
        return key

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, TrustedApplication]:
        """Applications by URI."""
        rows = TrustedApplication.objects.order_by("application_uri")
        if keys is not None:
            rows = rows.alias(lowered=Lower("application_uri")).filter(lowered__in=list(keys))
            rows = rows.order_by("pk").select_for_update(no_key=True)
        return {application.application_uri.lower(): application for application in rows}

    def state(self, row: TrustedApplication) -> State:
        """Its members."""
        return {
            "application_uri": row.application_uri,
            "name": row.name,
            "description": row.description,
            "access_tokens": str(row.access_tokens_policy),
            "scopes": list(row.scopes),
            "system_user": row.system_user.username if row.system_user else None,
            "owners": sorted(row.owners.values_list("username", flat=True)),
            "max_lifetime_days": row.max_lifetime_days,
            "allows_tokens_without_expiry": row.allows_tokens_without_expiry,
            "allows_self_rotation": row.allows_self_rotation,
            "is_enabled": row.is_enabled,
        }

    def add(self, run: Run, members: State) -> State:
        """Register it; without a name it is called by its URI."""
        members = members | {"name": members["name"] or members["application_uri"]}
        return self.state(create_application(actor=run.actor, now=run.now, **columns(members)))

    def change(self, run: Run, row: TrustedApplication, members: State) -> dict[str, int]:
        """Change it, and do to its tokens what is asked for; returns how many tokens that concerns."""
        given: dict[str, Any] = {"actor": run.actor, "application_id": row.pk, "now": run.now, **columns(members)}
        try:
            change_application(choices=ImpactChoices(), **given)
        except ImpactNotSeen as not_seen:
            self.change_as_shown(choices_of(run, not_seen.impact), given)
            return {name: group.count for name, group in not_seen.impact.groups.items()}
        return {}

    def change_as_shown(self, choices: ImpactChoices, given: dict[str, Any]) -> None:
        """Change it where its tokens are those that were counted; raises `PlanChanged`."""
        try:
            change_application(choices=choices, **given)
        except ImpactNotSeen as another:
            raise PlanChanged from another

    def remove(self, run: Run, row: TrustedApplication) -> State:
        """Disable it, but for the one that every instance has."""
        if row.application_uri == MANAGEMENT_API_URI:
            return self.state(row)
        self.change(run, row, {"is_enabled": False})
        return self.state(row) | {"is_enabled": False}


def choices_of(run: Run, impact: Impact) -> ImpactChoices:
    """What is asked to be done to the tokens that a change concerns; the plan has shown them."""
    revokes = run.existing_tokens == "revoke"
    return ImpactChoices(
        seen=impact.seen,
        revokes_outside=revokes,
        revokes_without_scopes=revokes,
        shortens=revokes or run.existing_tokens == "shorten",
    )


def columns(members: State) -> dict[str, Any]:
    """The columns that the members stand for; raises `ValidationError` for a user that there is not."""
    values = dict(members)
    if "access_tokens" in values:
        values["access_tokens_policy"] = values.pop("access_tokens")
    if "owners" in values:
        values["owners"] = named_users(values["owners"], "owners")
    if values.get("system_user") is not None:
        [values["system_user"]] = named_users([values["system_user"]], "system_user")
    return values
