from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from reference_tokens.models import ResourceServer
from reference_tokens.token_values.key_ring import key_ring


class Command(BaseCommand):
    help = "List the Resource Servers, with how many secrets each has and how many of them lack their key."
    example = "list_resource_servers"

    def add_options(self, parser: CommandParser) -> None:
        """None but the common ones."""

    def run(self, options: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - every command is run with its options
        servers = ResourceServer.objects.order_by("name").prefetch_related("secrets")
        return {"resource_servers": [described(server) for server in servers]}

    def lines(self, result: dict[str, Any]) -> list[str]:
        rows = [
            f"{row['client_id']}  {row['name']}  "
            f"{'enabled' if row['enabled'] else 'disabled'}, secrets: {row['secrets']}, "
            f"without their key: {row['secrets_without_key']}"
            for row in result["resource_servers"]
        ]
        return rows or ["There is no Resource Server."]


def described(server: ResourceServer) -> dict[str, Any]:
    """One of them, as `--json` prints it."""
    keys = [secret.hash_key_id for secret in server.secrets.all()]
    return {
        "client_id": server.client_id,
        "name": server.name,
        "enabled": server.is_enabled,
        "secrets": len(keys),
        "secrets_without_key": sum(key not in key_ring().ids for key in keys),
    }
