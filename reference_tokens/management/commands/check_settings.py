from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from accounts.commands import Error
from reference_tokens.settings_check import findings


class Command(BaseCommand):
    help = "Try what the settings lead to: database, clock, keys, cache, mail, disk, proxies. Nothing is sent or kept."
    example = "check_settings"

    def add_options(self, parser: CommandParser) -> None:
        """None of its own."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found; exit status 1 where anything does not work."""
        super().handle(*args, **options)
        if self.failed:
            raise Error(f"this does not work: {', '.join(self.failed)}.")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        with self.watched(options) as report:
            found = findings(report)
        self.failed = [one.setting for one in found if one.works is False]
        return {"works": not self.failed, "findings": [asdict(one) for one in found]}

    def lines(self, result: dict[str, Any]) -> list[str]:
        words = {True: "", None: "", False: "does not work: "}
        return [f"{one['setting']}: {words[one['works']]}{one['found']}" for one in result["findings"]]
