from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from reference_tokens.commands.resource_servers import resource_server_called
from reference_tokens.lifecycle.resource_server_registration import rotate_secret


class Command(BaseCommand):
    help = "Give a Resource Server a new secret, printed once. The old one goes on working unless --end-old."
    example = 'rotate_resource_server_secret "Orders API"'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("server", help="its client id, or its name")
        parser.add_argument("--end-old", action="store_true", help="remove every old secret at once")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        server = resource_server_called(options["server"])
        secret, removed, left = rotate_secret(
            actor=OPERATOR, server_id=server.pk, now=timezone.now(), ends_old=options["end_old"]
        )
        return {"client_id": server.client_id, "client_secret": secret, "removed": removed, "old_still_good": left}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [
            f"client id: {result['client_id']}",
            f"client secret: {result['client_secret']}",
            f"old secrets removed: {result['removed']}, still good: {result['old_still_good']}",
        ]
