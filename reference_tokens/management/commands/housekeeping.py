from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.commands import Command as BaseCommand
from reference_tokens.maintenance.housekeeping import do_housekeeping, last_done_at, unreachable_owners


class Command(BaseCommand):
    help = "Send the mails that wait, suspend unused ones where that is set, and remove what is of no use any more."
    example = "housekeeping --json"

    def add_options(self, parser: CommandParser) -> None:
        """None of its own."""

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        now, before = timezone.now(), last_done_at()
        with self.watched(options) as report:
            done = do_housekeeping(now=now, report=report)
            report("Owners whom no mail can reach")
            done |= unreachable_owners(now)
        return done | {"last_done_at": before.isoformat() if before else None}

    def lines(self, result: dict[str, Any]) -> list[str]:
        removed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in result["removed"].items())
        faults = {
            "The audit log is not as it was written": result["audit_log_broken"],
            "The audit log could not be anchored": result["anchor_fault"],
            "The fence is not as it should be": result["fence_fault"],
        }
        return [
            f"Mails noted before an expiry: {result['expiry_mails']}",
            f"Unused tokens: {result['unused_warned']} warned of, {result['unused_suspended']} suspended",
            f"Mails sent: {result['mails_sent']}, waiting: {result['mails_waiting']}",
            f"Removed: {removed}",
            f"People with live tokens and no e-mail address: {result['people_without_address']}",
            f"Applications with live SATs and no owner to mail: {result['applications_without_owner']}",
            *(f"{text}: {fault}" for text, fault in faults.items() if fault),
            f"Last done before this: {result['last_done_at'] or 'never'}",
        ]
