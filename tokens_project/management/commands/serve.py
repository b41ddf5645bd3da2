from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.commands import CommandOfOurs
from tokens_project.serving import Server


class Command(CommandOfOurs):
    help = (
        "Serve what the settings name, until SIGTERM or Ctrl-C. Nothing is made, migrated or collected:"
        " the log and /readyz say what is missing."
    )
    example = "serve"

    def add_options(self, parser: CommandParser) -> None:
        """None of its own."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve; with `--json` say first where."""
        if options["json"]:
            place = {"url": settings.BASE_URL, "host": settings.HOST, "port": settings.PORT}
            self.stdout.write(json.dumps(place))
            self.stdout.flush()
        Server().run()
