from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, place_of_file, wrong_usage
from reference_tokens.commands.configuration import configuration_given, operators_run, private_file
from reference_tokens.commands.questions import ask, tell
from reference_tokens.configuration.applying import apply, plan
from reference_tokens.configuration.document import Configuration
from reference_tokens.configuration.errors import NotValid, PlanChanged
from reference_tokens.configuration.plan import Change, Secret
from reference_tokens.configuration.texts import plan_as_markdown, plan_in_words, totals

STANDARD_INPUT = "-"
# The exit status of --check where the instance differs from the file.
DIFFERS = 3


class Command(BaseCommand):
    help = (
        "Make this instance what a file says of its scopes, System Users, groups, applications, Resource Servers and "
        "webhooks. Prints what that changes, and asks first, unless --yes. What the file does not name stays."
    )
    example = "apply tokens.yaml --check"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="YAML or JSON; - for standard input")
        parser.add_argument(
            "--check", action="store_true", help="only say what differs: exit status 3 if anything does"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--prune",
            action="store_true",
            help="of the sections in the file, also end what they do not name: applications and Resource Servers are "
            "disabled, System Users deactivated, the rest is deleted",
        )
        parser.add_argument(
            "--existing-tokens",
            choices=["keep", "revoke", "shorten"],
            default="keep",
            help="what becomes of live tokens that changed rules would not allow any more",
        )
        parser.add_argument(
            "--secrets-to", metavar="FILE", type=place_of_file, help="put new secrets into a new file, as JSON"
        )
        parser.add_argument("--markdown", action="store_true", help="print the plan as Markdown, for a pull request")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        require_fitting(options)
        configuration = configuration_given(options["file"])
        try:
            changes, secrets = self.applied(configuration, options)
        except NotValid as refused:
            raise Error(f"nothing was done: {refused}") from refused
        except PlanChanged as changed:
            raise Error("nothing was done: this instance was changed meanwhile. Look at the plan again.") from changed
        self.changes, self.secrets = changes, secrets
        return {
            "applied": not options["check"],
            "changes": [change.members for change in changes],
            "secrets": [secret.members for secret in secrets],
        }

    def applied(self, configuration: Configuration, options: dict[str, Any]) -> tuple[list[Change], list[Secret]]:
        with self.watched(options) as report:
            report("Comparing")
            changes = plan(configuration, operators_run(options), prunes=options["prune"])
        if options["check"] or not changes:
            return changes, []
        if not options["yes"]:
            tell("\n".join([*plan_in_words(changes), ""]))
            ask(f"Apply this? {totals(changes)}.", what="to apply it", nothing="nothing was done")
        run = operators_run(options)
        # The secrets are in the file before anything is done for good.
        with private_file(options["secrets_to"]) as file, transaction.atomic(), self.watched(options) as report:
            report("Applying")
            changes = apply(configuration, run, prunes=options["prune"], agreed=changes)
            file.keep(run.secrets)
        return changes, [] if options["secrets_to"] else run.secrets

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["check"] and self.changes:
            sys.exit(DIFFERS)

    def answer(self, result: dict[str, Any], options: dict[str, Any]) -> str:
        return plan_as_markdown(self.changes) if options["markdown"] else super().answer(result, options)

    def lines(self, _result: dict[str, Any]) -> list[str]:
        secrets = [f"{name}: {value}" for secret in self.secrets for name, value in secret.members.items()]
        return [*plan_in_words(self.changes), *secrets]


def require_fitting(options: dict[str, Any]) -> None:
    """Raise `Error` for options that do not go together."""
    if options["markdown"] and options["json"]:
        raise wrong_usage("give --markdown or --json, not both.")
    if options["markdown"] and not options["check"]:
        raise wrong_usage("--markdown is for a plan: give --check too.")
    if options["file"] == STANDARD_INPUT and not (options["yes"] or options["check"]):
        raise wrong_usage("give --yes or --check: standard input cannot answer a question as well.")
