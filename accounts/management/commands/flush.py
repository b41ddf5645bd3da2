from __future__ import annotations

from django.core.management.commands import flush

from accounts.commands import RefusedCommand


class Refusal(RefusedCommand):
    help = "Refused: a new instance begins with `migrate` and an empty database."
    instead = "`migrate` with another DATA_DIR or DATABASE_URL to begin a new instance"


class Command(flush.Command):
    """Django's, which empties the tables after a test; nobody at a command line deletes the audit log with it."""

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse."""
        Refusal().run_from_argv(argv)
