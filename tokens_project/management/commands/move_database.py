from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, secret_from_standard_input
from tokens_project.copying.moving import Moved, NotMoved, move
from tokens_project.environment import BadSetting, database_at
from tokens_project.environment.values import refuse

OPTION = "--to"
HIDDEN = "give a URL with a password on standard input (--to -), or the password in the file that PGPASSFILE names."


class Command(BaseCommand):
    help = (
        "Copy all that DATABASE_URL stores into an empty database, and compare both. The one it comes from stays as it"
        " is. Stop the service first."
    )
    example = "move_database --to postgres://tokens@db.example.com/tokens"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            OPTION,
            required=True,
            metavar="URL",
            help="postgres://USER@HOST:PORT/NAME or sqlite:///PATH; - reads it from standard input, with its password",
        )

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        try:
            target = target_of(options["to"])
            with self.watched(options) as report:
                moved = move(target, report)
        except (BadSetting, NotMoved) as refusal:
            raise Error(str(refusal)) from refusal
        return document(moved, time.monotonic() - began)

    def lines(self, result: dict[str, Any]) -> list[str]:
        tables = result["tables"]
        rows = sum(table["rows"] for table in tables.values())
        return [
            f"Moved: {rows:,} rows of {len(tables)} tables, the same in both databases, in {result['seconds']} s",
            f"Audit log: {result['audit_entries']:,} entries, all as they were written",
            "Now give DATABASE_URL the new database, and the same SECRET_KEY and TOKEN_HASH_KEYS as before.",
        ]


def target_of(given: str) -> dict[str, Any]:
    """The settings of the new database; raises `BadSetting`, and `Error` where standard input holds no URL."""
    if given == "-":
        return database_at(OPTION, secret_from_standard_input("URL"))
    target = database_at(OPTION, given)
    if target.get("PASSWORD") or "sslpassword" in target["OPTIONS"]:
        refuse(OPTION, HIDDEN)
    return target


def document(moved: Moved, seconds: float) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "tables": {
            table: {"rows": digest.rows, "digest": digest.hexdigest()} for table, digest in moved.digests.items()
        },
        "audit_entries": moved.audit_entries,
        "seconds": round(seconds, 1),
    }
