from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from reference_tokens.commands.questions import ask
from reference_tokens.commands.resource_servers import resource_server_called
from reference_tokens.lifecycle.resource_server_registration import delete_resource_server


class Command(BaseCommand):
    help = "Delete a Resource Server for good: all its requests are refused from then on. Asks first, unless --yes."
    example = 'delete_resource_server "Orders API" --yes'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("server", help="its client id, or its name")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        server = resource_server_called(options["server"])
        if not options["yes"]:
            last_asked = f"{server.last_asked_at:%Y-%m-%d %H:%M} UTC" if server.last_asked_at else "never"
            text = f"Delete {server.name} ({server.client_id}), which asked last: {last_asked}? This cannot be undone."
            ask(text, what="to delete it", nothing="nothing was deleted")
        with self.watched(options) as report:
            report("Deleting the Resource Server")
            delete_resource_server(actor=OPERATOR, server_id=server.pk, now=timezone.now())
        return {"client_id": server.client_id, "name": server.name}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Deleted {result['name']} ({result['client_id']})."]
