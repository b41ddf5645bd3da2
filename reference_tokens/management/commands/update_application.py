from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from reference_tokens.models import ReferenceToken
from trusted_apps.commands import (
    add_application_options,
    application_result,
    application_with_uri,
    given_columns,
    given_owners,
)
from trusted_apps.registration import update_application


class Command(BaseCommand):
    help = (
        "Change a Trusted Application. What is not given stays as it is, and so do its tokens: it says how many of "
        "them could not be issued any more."
    )
    example = "update_application com.example/excel --access-tokens AdministratorsOnly"

    def add_options(self, parser: CommandParser) -> None:
        add_application_options(parser)
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--enabled", action="store_true", default=None, dest="is_enabled", help="undo --disabled")
        state.add_argument(
            "--disabled", action="store_false", default=None, dest="is_enabled", help="none of its tokens is good"
        )

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        values = given_columns(options)
        if options["is_enabled"] is not None:
            values["is_enabled"] = options["is_enabled"]
        now = timezone.now()
        # What is counted is what the change leaves: the application stays locked, so that none is issued meanwhile.
        with self.watched(options) as report, transaction.atomic():
            report("Changing the application")
            application = update_application(
                actor=OPERATOR,
                now=now,
                application_id=application_with_uri(options["application_uri"]).pk,
                owners=given_owners(options),
                **values,
            )
            report("Counting tokens that could not be issued any more")
            outside = ReferenceToken.objects.of(application).not_ended(now).outside_policy(now, application).count()
        return application_result(application) | {"outside_policy": outside}

    def lines(self, result: dict[str, Any]) -> list[str]:
        state = "enabled" if result["enabled"] else "disabled"
        lines = [f"{result['application_uri']} is {state}; its AccessTokens policy is {result['access_tokens']}."]
        if count := result["outside_policy"]:
            tokens = "1 live token that" if count == 1 else f"{count} live tokens that"
            lines.append(f"It has {tokens} could not be issued today (revoke_tokens ends them).")
        return lines
