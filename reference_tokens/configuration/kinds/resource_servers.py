"""Resource Servers in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_tokens.configuration.kinds.by_uri import named_applications
from reference_tokens.configuration.plan import Secret
from reference_tokens.lifecycle.resource_server_registration import create_resource_server, update_resource_server
from reference_tokens.models import ResourceServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.configuration.document import Entry
    from reference_tokens.configuration.kinds.kind import State
    from reference_tokens.configuration.run import Run

COLUMNS = {"all_applications": "asks_for_all_applications", "share_profile": "shares_profile"}


class ResourceServers:
    """Resource Servers; one that the file does not name is disabled."""

    section, name = "resource_servers", "Resource Server"

    def key(self, entry: Entry) -> str:
        """The name."""
        return str(entry.given()["name"])

    def shown(self, key: str) -> str:
        """The name."""
        return key

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, ResourceServer]:
        """Resource Servers by name."""
        servers = ResourceServer.objects.order_by("name")
        if keys is not None:
            servers = servers.filter(name__in=list(keys)).order_by("pk").select_for_update(no_key=True)
        return {server.name: server for server in servers}

    def state(self, row: ResourceServer) -> State:
        """Its members."""
        return {
            "name": row.name,
            "applications": sorted(row.applications.values_list("application_uri", flat=True)),
            "all_applications": row.asks_for_all_applications,
            "may_revoke": row.may_revoke,
            "share_profile": row.shares_profile,
            "required_scopes": list(row.required_scopes),
            "is_enabled": row.is_enabled,
        }

    def add(self, run: Run, members: State) -> State:
        """Register it; its secret is among those of the run."""
        server, secret = create_resource_server(actor=run.actor, now=run.now, **columns(members))
        values = {"client_id": server.client_id, "client_secret": secret}
        run.secrets.append(Secret(self.name, server.name, values))
        return self.state(server)

    def change(self, run: Run, row: ResourceServer, members: State) -> dict[str, int]:
        """Change it."""
        update_resource_server(actor=run.actor, server_id=row.pk, now=run.now, **columns(members))
        return {}

    def remove(self, run: Run, row: ResourceServer) -> State:
        """Disable it."""
        self.change(run, row, {"is_enabled": False})
        return self.state(row) | {"is_enabled": False}


def columns(members: State) -> dict[str, Any]:
    """The columns that the members stand for; raises `ValidationError` for an application that there is not."""
    values = {COLUMNS.get(name, name): value for name, value in members.items()}
    if "applications" in values:
        values["applications"] = named_applications(values["applications"], "applications")
    return values
