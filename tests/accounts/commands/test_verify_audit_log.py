from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEvent
from tests.accounts.audit.tampering import EVENTS, HEAD, MARKS, NOON, kept, recorded, tampered
from tests.command_line import Runner

TRUNCATED = [
    f"UPDATE {HEAD} SET seq = 3, hash = (SELECT previous_hash FROM {EVENTS} WHERE seq = 4)",
    f"DELETE FROM {EVENTS} WHERE seq > 3",
]


@pytest.fixture
def log(db: None) -> None:
    recorded(5)
    kept()


def test_aud2_it_tells_how_many_entries_fit_from_when_to_when_and_the_head(command: Runner, log: None) -> None:
    outcome = command("verify_audit_log")
    document = command("verify_audit_log", "--json").json
    assert outcome.status == 0
    assert outcome.stdout.splitlines() == [
        "Entries: 6, all as they were written",
        "From: 2027-01-31T12:00:00+00:00, to: 2027-01-31T12:00:00+00:00",
        f"Head: 6, {document['hash']}",
        "Pruned through: none",
        "Signed through: 6, at 2027-01-31T12:00:00+00:00",
        "Anchors that fit: 0",
    ]
    assert (document["intact"], document["entries"], document["seq"]) == (True, 6, 6)


def test_aud2_an_empty_log_fits(command: Runner, db: None) -> None:
    lines = command("verify_audit_log").stdout.splitlines()
    assert lines[:2] == ["Entries: 0, all as they were written", "From: none, to: none"]
    assert lines[4] == "Signed through: none yet"


def test_aud2_of_a_log_that_does_not_fit_it_names_the_first_entry_in_one_line(command: Runner, log: None) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 2")
    outcome = command("verify_audit_log")
    said = "entry 2 was changed: it does not fit the one beside it"
    assert (outcome.status, outcome.stdout, outcome.stderr) == (1, "", f"Error: {said}.\n")
    outcome = command("verify_audit_log", "--json")
    assert (outcome.status, outcome.stderr) == (1, f"Error: {said}.\n")
    document = json.loads(outcome.stdout)
    assert (document["intact"], document["broken"]) == (False, {"kind": "changed", "seq": 2, "says": said})


def test_aud2_anchors_are_taken_from_the_setting_and_from_a_file(
    command: Runner, log: None, settings: Any, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHOR = str(tmp_path / "anchors")
    kept()
    (tmp_path / "copy").write_text((tmp_path / "anchors").read_text())
    assert command("verify_audit_log", "--anchors", str(tmp_path / "copy"), "--json").json["anchors"] == 2
    tampered(*TRUNCATED, f"DELETE FROM {MARKS}")
    for setting, arguments in ((settings.AUDIT_ANCHOR, ()), ("", ("--anchors", str(tmp_path / "copy")))):
        settings.AUDIT_ANCHOR = setting
        outcome = command("verify_audit_log", *arguments)
        assert outcome.status == 1
        assert "entries 4 to 6 are missing at the end: entry 6 was anchored at " in outcome.stderr


def test_aud2_anchors_that_cannot_be_read_are_no_proof(command: Runner, log: None, tmp_path: Path) -> None:
    outcome = command("verify_audit_log", "--anchors", str(tmp_path))
    assert (outcome.status, outcome.stderr) == (
        1,
        f"Error: the anchors in {tmp_path} cannot be read: Is a directory.\n",
    )


def test_aud2_what_was_done_can_be_accepted_which_stands_in_the_log(command: Runner, log: None) -> None:
    tampered(*TRUNCATED)
    assert command("verify_audit_log").status == 1
    assert command("verify_audit_log", "--accept").status == 0
    event = AuditEvent.objects.get(action="audit_log:accept")
    assert (event.seq, event.actor_type, event.details["kind"], event.details["seq"]) == (4, "operator", "truncated", 4)
    assert command("verify_audit_log").status == 0
    assert command("verify_audit_log", "--accept").status == 0
    assert AuditEvent.objects.filter(action="audit_log:accept").count() == 1


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        ([f"DELETE FROM {HEAD}"], 7),
        ([f"UPDATE {HEAD} SET seq = 3"], 7),
        ([f"UPDATE {HEAD} SET seq = 30"], 7),
        ([f"DELETE FROM {EVENTS}"], 1),
        ([f"UPDATE {EVENTS} SET actor_id = 'x' WHERE seq = 6"], 7),
    ],
)
def test_aud2_the_log_that_is_accepted_goes_on_from_its_last_entry(
    command: Runner, log: None, statements: list[str], seq: int
) -> None:
    tampered(*statements)
    assert command("verify_audit_log", "--accept").status == 0
    assert AuditEvent.objects.get(action="audit_log:accept").seq == seq
    recorded(1)
    assert command("verify_audit_log").status == 0


def test_aud2_a_log_of_which_only_the_mark_of_pruning_is_left_goes_on_there(
    command: Runner, log: None, settings: Any
) -> None:
    settings.AUDIT_DAYS = 1
    kept(NOON.replace(year=2028))
    tampered(f"DELETE FROM {EVENTS}", f"DELETE FROM {HEAD}")
    assert command("verify_audit_log", "--accept").status == 0
    assert AuditEvent.objects.get().seq == 6


def test_aud2_a_changed_entry_stays_found_when_it_is_accepted(command: Runner, log: None) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 2")
    assert command("verify_audit_log", "--accept").status == 1
    assert AuditEvent.objects.filter(action="audit_log:accept").exists()


def test_aud2_pruned_entries_stay_pruned_when_another_key_is_accepted(
    command: Runner, log: None, settings: Any
) -> None:
    settings.AUDIT_DAYS = 1
    kept(NOON.replace(year=2028))
    settings.SECRET_KEY = "another-0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghi"
    assert (
        "entries up to 5 are called pruned, but this service has not signed that" in command("verify_audit_log").stderr
    )
    assert command("verify_audit_log", "--accept").status == 0


def test_a_file_of_anchors_that_is_not_there_is_said(command: Runner, tmp_path: Path) -> None:
    outcome = command("verify_audit_log", "--anchors", str(tmp_path / "mistyped"))
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: there is no file {tmp_path / 'mistyped'}.\n"
