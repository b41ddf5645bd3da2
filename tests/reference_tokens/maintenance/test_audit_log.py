"""Housekeeping looks after the audit log, and says what is wrong with it (AUD-2)."""

from __future__ import annotations

from datetime import timedelta

from pytest_django.fixtures import Settings

from tests.accounts.audit.tampering import MARKS, NOON, recorded, tampered
from tests.command_line import Runner


def test_aud2_it_says_what_is_wrong_with_the_audit_log(command: Runner, settings: Settings) -> None:
    recorded(2)
    assert "audit log" not in command("housekeeping").stdout
    settings.AUDIT_ANCHOR = "/dev/null/anchors"
    tampered(f"UPDATE {MARKS} SET signature = hash")
    outcome = command("housekeeping")
    assert outcome.status == 0
    assert "The audit log is not as it was written: entry 3 is signed under no key of SECRET_KEY" in outcome.stdout
    assert "The audit log could not be anchored: [Errno 20] Not a directory" in outcome.stdout


def test_aud2_old_entries_of_the_audit_log_are_removed(command: Runner, settings: Settings) -> None:
    recorded(2, at=NOON - timedelta(days=1000))
    settings.AUDIT_DAYS = 30
    assert command("housekeeping", "--json").json["removed"]["audit_entries"] == 0
    assert command("housekeeping", "--json").json["removed"]["audit_entries"] == 2
