from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from reference_tokens.commands.resource_servers import (
    add_server_options,
    given_server_columns,
    resource_server_called,
    server_result,
)
from reference_tokens.lifecycle.resource_server_registration import update_resource_server
from trusted_apps.commands import application_with_uri


class Command(BaseCommand):
    help = "Change a Resource Server, which is felt at its next question. What is not given stays as it is."
    example = 'update_resource_server "Orders API" --application com.example/excel --no-all-applications'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("server", help="its client id, or its name")
        add_server_options(parser)

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        uris = options["application"]
        server = update_resource_server(
            actor=OPERATOR,
            now=timezone.now(),
            server_id=resource_server_called(options["server"]).pk,
            applications=None if uris is None else [application_with_uri(uri) for uri in uris],
            **given_server_columns(options),
        )
        return server_result(server)

    def lines(self, result: dict[str, Any]) -> list[str]:
        asks_about = "all applications" if result["all_applications"] else ", ".join(result["applications"])
        state = "enabled" if result["is_enabled"] else "disabled"
        return [f"{result['name']} ({result['client_id']}) is {state}; it may ask about {asks_about or 'nothing'}."]
