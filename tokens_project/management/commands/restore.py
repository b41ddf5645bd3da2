from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.commands import Command as BaseCommand
from accounts.commands import Error, place_of_file
from reference_tokens.commands.questions import ask
from reference_tokens.fence.lines import Line
from reference_tokens.fence.place import has_fence
from tokens_project.backups.archive import Archive, NoBackup, opened
from tokens_project.backups.restoring import Restored, fence_covers, require_fitting, require_new_database, restore

# So many ids stand in a line; `--json` has all.
FEW = 20
COME_BACK = (
    "Users, administrators, passwords, second factors, applications and secrets of Resource Servers are as they were"
    " then, those too that ended since"
)


class Command(BaseCommand):
    help = (
        "Fill an empty database from a backup, and end again what FENCE_FILE tells to have ended since. Without a fence"
        " that tells all of it, every token is revoked."
    )
    example = "restore tokens-2027-01-31.zip"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=place_of_file, help="what `backup` has written")
        parser.add_argument(
            "--keep-tokens",
            action="store_true",
            help="without a fence: let tokens be good again, those too that were revoked since the backup",
        )
        parser.add_argument("--lost-keys", action="store_true", help="though keys are lost for good that tokens need")
        parser.add_argument(
            "--unsigned", action="store_true", help="though SECRET_KEY is lost: anybody may have written it"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            # First: a folder without a database has no keys either, with which the file could be read.
            require_new_database()
            with opened(options["file"], may_be_unsigned=options["unsigned"]) as archive:
                require_fitting(archive, lost_keys=options["lost_keys"])
                if not (options["yes"] or fence_covers(archive)):
                    ask_without_fence(archive, keeps_tokens=options["keep_tokens"])
                with self.watched(options) as report:
                    keeps = options["keep_tokens"]
                    done = restore(archive, now=timezone.now(), keeps_tokens=keeps, report=report)
                return document(archive, done)
        except NoBackup as refusal:
            raise Error(str(refusal)) from refusal
        except OSError as error:
            raise Error(f"FENCE_FILE cannot be used: {error}; mend it first, or call this without it.") from error

    def lines(self, result: dict[str, Any]) -> list[str]:
        fits = "all as they were written" if result["audit_log"]["intact"] else "NOT as they were written"
        return [
            f"Restored: {result['rows']:,} rows, as of {result['made_at']}",
            f"Audit log: {result['audit_log']['entries']:,} entries, {fits}",
            *self.lines_about_tokens(result),
            "Start the service with the SECRET_KEY and the TOKEN_HASH_KEYS of that instance.",
        ]

    def lines_about_tokens(self, result: dict[str, Any]) -> list[str]:
        """What ended again, and what nobody can bring back."""
        ended = ", ".join(f"{word} {count}" for word, count in result["ended_again"].items()) or "nothing"
        lines = [f"Ended again, as the fence tells: {ended}"] if result["fence"] else []
        if not result["fence_is_whole"]:
            lines.append(f"No fence tells all that happened since: {result['revoked']:,} tokens were revoked")
            lines.append(f"{COME_BACK}: look at each.")
        for text, name in (
            ("Tokens that were issued since, and are unknown now", "unknown_tokens"),
            ("Taken back since, and as they were then", "taken_back"),
            ("Made or changed since: look at each", "changed"),
        ):
            if found := result[name]:
                more = f" and {len(found) - FEW:,} more (--json names all)" if len(found) > FEW else ""
                lines.append(f"{text}: {', '.join(one['id'] for one in found[:FEW])}{more}")
        return lines


def ask_without_fence(archive: Archive, *, keeps_tokens: bool) -> None:
    """Ask before tokens are revoked, or let be good again, of which nothing tells whether they were revoked."""
    tokens, made_at = f"{archive.manifest['live_tokens']:,}", archive.manifest["made_at"]
    what = "All of them will be good again, revoked or not." if keeps_tokens else "All of them will be revoked."
    question = f"Nothing tells which of the {tokens} tokens of {made_at} were revoked since. {what} {COME_BACK}."
    ask(question, what="to restore", nothing="Nothing was restored")


def document(archive: Archive, done: Restored) -> dict[str, Any]:
    """What `--json` prints."""
    manifest, held = archive.manifest, done.held
    return {
        "made_at": manifest["made_at"],
        "version": manifest["version"],
        "rows": sum(table["rows"] for table in manifest["tables"].values()),
        "audit_log": {"entries": done.audit_log.count, "intact": done.audit_log.broken is None},
        "fence": has_fence(),
        "fence_is_whole": done.is_covered,
        "ended_again": {word: count for word, count in held.ended.items() if count},
        "revoked": done.revoked,
        "unknown_tokens": [told(line) for line in held.unknown],
        "taken_back": [told(line) for line in held.taken_back],
        "changed": [told(line) for line in held.changed],
    }


def told(line: Line) -> dict[str, str]:
    """A line of the fence."""
    return {"id": line.id, "word": str(line.word), "at": line.at.isoformat()}
