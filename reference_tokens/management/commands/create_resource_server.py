from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import wrong_usage
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from trusted_apps.commands import application_with_uri


class Command(BaseCommand):
    help = "Register an API that may ask about tokens. Its secret is printed once and cannot be shown again."
    example = 'create_resource_server "Orders API" --application com.example/excel'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what people call the API")
        parser.add_argument("--application", action="append", metavar="URI", default=[], help="(repeatable)")
        parser.add_argument("--all-applications", action="store_true", help="it may ask about every token")
        parser.add_argument("--may-revoke", action="store_true", help="it may revoke the tokens it may ask about")
        parser.add_argument("--share-profile", action="store_true", help="it learns name, e-mail and groups")
        parser.add_argument("--required-scopes", default="", help='what a token needs at forward auth: "read"')

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        if bool(options["application"]) == options["all_applications"]:
            raise wrong_usage("name the applications with --application, or all with --all-applications.")
        server, secret = create_resource_server(
            actor=OPERATOR,
            now=timezone.now(),
            name=options["name"],
            applications=[application_with_uri(uri) for uri in options["application"]],
            asks_for_all_applications=options["all_applications"],
            may_revoke=options["may_revoke"],
            shares_profile=options["share_profile"],
            required_scopes=options["required_scopes"],
        )
        return {"client_id": server.client_id, "client_secret": secret, "name": server.name}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"client id: {result['client_id']}", f"client secret: {result['client_secret']}"]
