from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, place_of_file
from tokens_project.backups.archive import NoBackup
from tokens_project.backups.making import LEFT_OUT, back_up


class Command(BaseCommand):
    help = "Write all that is stored into a new file, while the service works. It holds no key: keep those apart."
    example = "backup tokens-2027-01-31.zip"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=place_of_file, help="a file that is not there yet")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        file = options["file"]
        try:
            with self.watched(options) as report:
                made = back_up(file, now=timezone.now(), report=report)
        except NoBackup as refusal:
            raise Error(str(refusal)) from refusal
        manifest = made.manifest
        return {
            "file": str(file.absolute()),
            "bytes": made.size,
            "sha256": made.sha256,
            "rows": sum(table["rows"] for table in manifest["tables"].values()),
            "left_out": sorted(str(model._meta.verbose_name_plural) for model in LEFT_OUT),
            **{name: manifest[name] for name in ("made_at", "audit_log", "token_hash_keys", "live_tokens")},
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        keys = ", ".join(result["token_hash_keys"]) or "none yet"
        return [
            f"Written: {result['file']}, {result['rows']:,} rows, {result['bytes'] / 1_000_000:.1f} MB",
            f"SHA-256: {result['sha256']}",
            f"As of: {result['made_at']}, entry {result['audit_log']['seq']} of the audit log",
            f"Left out, since nobody shall have it again: {', '.join(result['left_out'])}",
            f"Without these it opens nothing, and it does not hold them: SECRET_KEY, and TOKEN_HASH_KEYS with {keys}",
        ]
