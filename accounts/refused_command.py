"""Commands of Django's own that would act past the rules of this product and its audit log."""

from __future__ import annotations

from typing import NoReturn

from django.core.management.base import BaseCommand, CommandParser

from accounts.commands import Error


class RefusedCommand(BaseCommand):
    """Refuses in one line, whatever it is given, and names what to use."""

    instead = ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whatever the other command takes, to refuse it."""
        parser.add_argument("arguments", nargs="*", help="nothing is done with it")

    def handle(self, *_arguments: object, **_options: object) -> NoReturn:
        """Refuse."""
        raise Error(f"it would act past the rules and the audit log: use {self.instead}.")
