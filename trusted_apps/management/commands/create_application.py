from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from trusted_apps.commands import add_application_options, application_result, given_columns, given_owners
from trusted_apps.registration import create_application


class Command(BaseCommand):
    help = "Register a Trusted Application. Without --access-tokens nobody may issue a token for it."
    example = 'create_application com.example/excel --name "Excel add-in" --access-tokens AuthenticatedUsers'

    def add_options(self, parser: CommandParser) -> None:
        add_application_options(parser)
        parser.add_argument("--disabled", action="store_true", help="register it, but let no token of it be good")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        defaults = {"name": options["application_uri"], "scopes": "read update"}
        application = create_application(
            actor=OPERATOR,
            now=timezone.now(),
            application_uri=options["application_uri"],
            owners=given_owners(options) or [],
            is_enabled=not options["disabled"],
            **defaults | given_columns(options),
        )
        return application_result(application)

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Registered {result['application_uri']}; its AccessTokens policy is {result['access_tokens']}."]
