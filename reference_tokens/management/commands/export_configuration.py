from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from reference_tokens.configuration.document import json_schema
from reference_tokens.configuration.exporting import as_yaml, exported


class Command(BaseCommand):
    help = "Print the configuration of this instance as a file that `apply` takes without a change. It holds no secret."
    example = "export_configuration > tokens.yaml"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", action="store_true", help="print the JSON Schema of such files instead")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        return json_schema() if options["schema"] else exported()

    def answer(self, result: dict[str, Any], options: dict[str, Any]) -> str:
        if options["schema"]:
            return json.dumps(result, indent=None if options["json"] else 2)
        return super().answer(result, options)

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [as_yaml(result).rstrip()]
