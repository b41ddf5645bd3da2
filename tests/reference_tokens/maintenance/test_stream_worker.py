"""Each server process has a thread that sends the audit log where `AUDIT_STREAM` leads (AUD-3)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.breaks import Break
from accounts.audit.record import OPERATOR, Target, record_event
from accounts.audit.signing import accept_as_it_is
from accounts.audit.streaming import stream
from accounts.audit.streaming.stream import entries_that_wait, is_behind, sent_through
from accounts.models import AuditEvent, AuditStream
from reference_tokens.maintenance.stream_worker import StreamWorker
from reference_tokens.models import Lease
from tests.accounts.audit.tampering import EVENTS, NOON, recorded, tampered
from tests.concurrency import with_own_connection
from tests.introspection import Statements
from tests.pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    """The file to which the audit log is sent, from now on."""
    settings.AUDIT_STREAM = str(tmp_path / "audit.jsonl")
    is_behind()
    return tmp_path / "audit.jsonl"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """The log of another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(PATIENCE)
        yield other


def sent() -> None:
    """One round of a process."""
    with_own_connection(StreamWorker().run_once)


def after_the_pause() -> None:
    """One round, as if what failed had waited long enough."""
    Lease.objects.update(until=timezone.now())
    sent()


def numbers(file: Path) -> list[int]:
    return [json.loads(line)["seq"] for line in file.read_text().splitlines()]


def written() -> list[int]:
    return list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))


def test_aud3_every_entry_from_the_beginning_of_the_stream_on_is_sent_once_in_its_order(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "ENTRIES_AT_ONCE", 2)
    recorded(3)
    file = tmp_path / "audit.jsonl"
    settings.AUDIT_STREAM = str(file)
    sent()
    assert not file.exists()
    recorded(5)
    assert entries_that_wait() == 5
    sent()
    sent()
    assert numbers(file) == written()[3:]
    assert entries_that_wait() == 0
    assert file.stat().st_mode & 0o777 == 0o600


def test_aud3_a_line_holds_what_the_export_holds(file: Path) -> None:
    recorded(1)
    sent()
    row = json.loads(file.read_text())
    assert (row["action"], row["source"], row["details"]) == ("test:act", "command", {"number": 0})


def test_aud3_log_systems_are_sent_their_own_schema(file: Path, settings: Any) -> None:
    settings.AUDIT_STREAM_FORMAT = "ocsf"
    recorded(1)
    sent()
    event = json.loads(file.read_text())
    assert event["metadata"]["uid"] == str(written()[-1])


def test_aud3_what_was_sent_before_a_crash_and_not_counted_is_sent_again(file: Path) -> None:
    recorded(2)
    sent()
    AuditStream.objects.update(sent_through=written()[0])
    file.write_bytes(file.read_bytes()[:-5])
    sent()
    *_whole, cut, again = file.read_text().splitlines()
    assert not cut.endswith("}")
    assert json.loads(again)["seq"] == written()[-1]


def test_aud3_what_follows_a_log_that_was_accepted_without_its_end_is_sent(file: Path) -> None:
    recorded(5)
    sent()
    file.unlink()
    first = written()[0]
    tampered(f"DELETE FROM {EVENTS} WHERE seq > {first}")
    accept_as_it_is(Break("truncated", first + 1, "entries are missing at the end"), NOON)
    sent()
    assert numbers(file) == [first + 1]


def test_aud3_a_file_that_was_rotated_is_begun_anew(file: Path) -> None:
    recorded(1)
    sent()
    file.rename(file.with_suffix(".1"))
    recorded(1)
    sent()
    assert numbers(file) == written()[-1:]


def test_aud3_standard_output_takes_the_stream(settings: Any, capfd: pytest.CaptureFixture[str]) -> None:
    settings.AUDIT_STREAM = "-"
    sent()
    recorded(2)
    sent()
    assert [json.loads(line)["seq"] for line in capfd.readouterr().out.splitlines()] == written()[-2:]


def test_aud3_a_system_log_takes_each_entry_as_a_message(settings: Any, listening: socket.socket) -> None:
    settings.AUDIT_STREAM = f"syslog://127.0.0.1:{listening.getsockname()[1]}"
    sent()
    recorded(1)
    sent()
    head, _before, line = listening.recv(65_535).decode().partition(" - {")
    machine = socket.gethostname()
    assert head == f"<110>1 2027-01-31T12:00:00.000000Z {machine} reference-tokens - test:act"
    assert json.loads(f"{{{line}")["seq"] == written()[-1]


def test_aud3_an_entry_that_no_message_holds_is_sent_without_its_details(
    settings: Any, listening: socket.socket
) -> None:
    settings.AUDIT_STREAM = f"syslog://127.0.0.1:{listening.getsockname()[1]}"
    sent()
    with transaction.atomic():
        record_event(OPERATOR, "test:act", Target("thing", "7"), now=NOON, details={"text": "x" * 70_000})
    sent()
    line = listening.recv(65_535).decode().partition(" - {")[2]
    assert json.loads(f"{{{line}")["details"] == {"left_out": "too long for a message of a system log"}
    assert entries_that_wait() == 0


def test_aud3_a_log_where_nobody_listens_loses_nothing(settings: Any, log_lines: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        settings.AUDIT_STREAM = f"syslog://127.0.0.1:{other.getsockname()[1]}"
    sent()
    recorded(1)
    sent()
    assert entries_that_wait() == 1
    assert any("AUDIT_STREAM: the audit log could not be sent" in line for line in log_lines)


def test_aud3_a_destination_that_fails_is_told_on_home_until_it_takes_entries_again(
    file: Path, administrator_client: Client
) -> None:
    warning = "The audit log cannot be sent where AUDIT_STREAM leads."
    recorded(1)
    assert warning not in text_of(administrator_client.get("/manage/"))
    file.mkdir()
    sent()
    assert warning in text_of(administrator_client.get("/manage/"))
    file.rmdir()
    sent()
    assert not file.exists()
    after_the_pause()
    assert numbers(file) == written()
    assert warning not in text_of(administrator_client.get("/manage/"))


def test_aud3_what_is_no_file_holds_up_nobody(settings: Any, log_lines: list[str]) -> None:
    settings.AUDIT_STREAM = "/dev/null"
    sent()
    recorded(1)
    sent()
    assert any("/dev/null is no file" in line for line in log_lines)


def test_aud3_one_process_of_several_sends(file: Path) -> None:
    recorded(1)
    Lease.objects.create(name="stream of the audit log", until=timezone.now() + timedelta(seconds=50))
    sent()
    assert not file.exists()


def test_aud3_a_process_that_has_nothing_to_send_writes_nothing(file: Path) -> None:
    with Statements() as statements:
        StreamWorker().run_once()
    assert [sql.split()[0] for sql in statements.sql] == ["SELECT", "SELECT"]


def test_aud3_the_thread_sends_by_itself_and_ends_with_its_process(file: Path) -> None:
    working = StreamWorker()
    working.start()
    thread = working._thread
    assert thread
    try:
        recorded(1)
        deadline = time.monotonic() + PATIENCE
        while entries_that_wait() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        working.stop()
    assert numbers(file) == written()
    assert not thread.is_alive()


def test_aud3_without_a_stream_there_is_no_thread_and_nothing_is_kept() -> None:
    working = StreamWorker()
    working.start()
    working.stop()
    assert working._thread is None
    assert (sent_through(), entries_that_wait()) == (None, 0)
