"""Anchors of the audit log outside the database (AUD-2)."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from accounts.audit.anchors import Anchor, read_anchors
from accounts.models import AuditHead
from tests.accounts.audit.tampering import NOON, kept, recorded

LINE = "2027-01-31T12:00:00Z audit log: entry 3 has the hash "


def hash_of_head() -> str:
    return bytes(AuditHead.objects.get().hash).hex()


@pytest.fixture
def log(db: None) -> None:
    """Two entries, and a third that tells of the first signature."""
    recorded(2)
    kept()


def test_aud2_each_housekeeping_appends_a_line_that_others_cannot_read(
    log: None, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    settings.AUDIT_ANCHOR = str(file)
    kept()
    assert kept().anchor_fault == ""
    assert file.read_text() == f"{LINE}{hash_of_head()}\n" * 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_anchors(file) == [Anchor("2027-01-31T12:00:00Z", 3, bytes.fromhex(hash_of_head()))] * 2


def test_aud2_what_a_crash_left_of_a_line_is_read_past(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_bytes(f"{LINE}12\xff{LINE}{'ab' * 32}\n\nJan 31 host tokens: {LINE}{'cd' * 32}\n".encode("latin-1"))
    assert [anchor.hash for anchor in read_anchors(file)] == [b"\xab" * 32, b"\xcd" * 32]
    assert read_anchors(tmp_path / "none yet") == []


def test_aud2_the_log_of_another_machine_takes_anchors(log: None, settings: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        settings.AUDIT_ANCHOR = f"syslog://127.0.0.1:{other.getsockname()[1]}"
        assert kept().anchor_fault == ""
        assert other.recv(1000).decode() == f"<110>reference-tokens: {LINE}{hash_of_head()}"


def test_aud2_the_log_of_this_machine_takes_anchors(
    log: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_ANCHOR = "syslog:"
    monkeypatch.setattr("accounts.audit.streaming.syslog.LOCAL_LOG", str(tmp_path / "log"))
    assert kept().anchor_fault == "[Errno 2] No such file or directory"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as this:
        this.bind(str(tmp_path / "log"))
        this.settimeout(10)
        kept()
        assert this.recv(1000).decode().endswith(hash_of_head())


def test_aud2_an_anchor_that_cannot_be_written_is_logged_and_stops_nothing(
    log: None, settings: Any, tmp_path: Path, log_lines: list[str]
) -> None:
    settings.AUDIT_ANCHOR = str(tmp_path / "missing" / "anchors")
    outcome = kept(NOON)
    assert (outcome.broken, "No such file" in outcome.anchor_fault) == ("", True)
    assert any("AUDIT_ANCHOR: the anchor of the audit log could not be written" in line for line in log_lines)
