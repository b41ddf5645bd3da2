from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.audit.anchors import Anchor, anchor_file, read_anchors
from accounts.audit.signing import accept_as_it_is
from accounts.audit.verification import Verified, verify
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, place_of_file


class Command(BaseCommand):
    help = "Verify that the audit log is as it was written; exit status 1 names the first entry that does not fit."
    example = "verify_audit_log --anchors audit-anchors"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accept",
            action="store_true",
            help="where it does not fit: lay its triggers again and sign its end as it is, which is recorded",
        )
        parser.add_argument(
            "--anchors", metavar="FILE", type=place_of_file, help="a file of anchors besides that of AUDIT_ANCHOR"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found; of a log that does not fit a line on standard error, and with `--json` all of it."""
        super().handle(*args, **options)
        if self.broken:
            raise Error(self.broken)

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        files = [anchor_file(settings.AUDIT_ANCHOR), options["anchors"]]
        anchors = [anchor for file in files if file for anchor in anchors_of(file, may_be_missing=file is files[0])]
        with self.watched(options) as report:
            found = verify(anchors, report)
        if found.broken and options["accept"]:
            accept_as_it_is(found.broken, timezone.now())
            found = verify(anchors)
        self.broken = f"{found.broken.says}." if found.broken else ""
        if self.broken and not options["json"]:
            raise Error(self.broken)
        return document(found)

    def lines(self, result: dict[str, Any]) -> list[str]:
        signed = f"{result['signed_through']}, at {result['signed_at']}" if result["signed_at"] else "none yet"
        return [
            f"Entries: {result['entries']}, all as they were written",
            f"From: {result['first_at'] or 'none'}, to: {result['last_at'] or 'none'}",
            f"Head: {result['seq']}, {result['hash']}",
            f"Pruned through: {result['pruned_through'] or 'none'}",
            f"Signed through: {signed}",
            f"Anchors that fit: {result['anchors']}",
        ]


def anchors_of(file: Path, *, may_be_missing: bool) -> list[Anchor]:
    """The anchors in a file; raises `Error` where it cannot be read, and where one that was named is not there."""
    try:
        if not (may_be_missing or file.exists()):
            raise Error(f"there is no file {file}.")
        return read_anchors(file)
    except OSError as error:
        raise Error(f"the anchors in {file} cannot be read: {error.strerror}.") from error


def document(found: Verified) -> dict[str, Any]:
    """What `--json` prints."""
    signed, pruned = found.signed, found.pruned
    return {
        "intact": found.broken is None,
        "broken": found.broken._asdict() if found.broken else None,
        "entries": found.count,
        "first_at": found.first_at.isoformat() if found.first_at else None,
        "last_at": found.last_at.isoformat() if found.last_at else None,
        "seq": found.last.seq,
        "hash": found.last.hash.hex(),
        "pruned_through": pruned.place.seq if pruned else None,
        "signed_through": signed.place.seq if signed else None,
        "signed_at": signed.set_at.isoformat() if signed else None,
        "anchors": found.anchors,
    }
