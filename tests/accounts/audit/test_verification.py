"""Tampering with the audit log is found, and named by the first entry that does not fit (AUD-2, T38)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from accounts.audit.anchors import Anchor
from accounts.audit.chain import entry_hash
from accounts.audit.verification import verify
from accounts.database.audit_triggers import execute, removal
from accounts.models import AuditEvent, AuditHead
from tests.accounts.audit.tampering import EVENTS, HEAD, MARKS, NOON, found, kept, recorded, tampered, written_anew
from tests.conftest import is_postgresql
from tests.introspection import Statements

KEY = "another-0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghi"


@pytest.fixture
def log(db: None) -> None:
    """Six entries and a seventh that tells of the first signature, all of them signed."""
    recorded(6)
    kept()


def test_aud2_a_log_as_it_was_written_is_told_with_its_end(log: None) -> None:
    verified = verify()
    assert (verified.broken, verified.count, verified.first_at) == (None, 7, NOON)
    assert verified.last == (7, entry_hash(AuditEvent.objects.get(seq=7)))
    assert verified.signed
    assert verified.signed.place == verified.last


def test_aud2_an_empty_log_fits_and_is_not_signed(db: None) -> None:
    kept()
    verified = verify()
    assert (verified.broken, verified.count, verified.signed, verified.first_at) == (None, 0, None, None)


def test_aud2_what_was_written_since_the_last_signature_fits(log: None) -> None:
    recorded(3)
    assert found() is None


def test_aud2_it_reads_a_portion_at_a_time(log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.audit.walk.PORTIONS", (3, 1))
    told: list[tuple[int, int | None]] = []
    with Statements() as statements:
        verified = verify((), lambda text, done=0, total=None: told.append((done, total)))
    assert (verified.broken, verified.count) == (None, 7)
    assert len([sql for sql in statements.sql if "details" in sql and sql.endswith("LIMIT 3")]) == 3
    assert told == [(0, 7)]


HASH_OF_5 = f"(SELECT previous_hash FROM {EVENTS} WHERE seq = 6)"


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ([f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 3"], ("changed", 3)),
        ([f"UPDATE {EVENTS} SET details = '{{}}' WHERE seq = 1"], ("changed", 1)),
        ([f"UPDATE {EVENTS} SET actor_id = 'x' WHERE seq = 7"], ("changed", 7)),
        ([f"UPDATE {EVENTS} SET actor_id = 'x' WHERE seq IN (3, 5)"], ("changed", 3)),
        ([f"UPDATE {EVENTS} SET previous_hash = {HASH_OF_5} WHERE seq = 4"], ("changed", 4)),
        ([f"UPDATE {EVENTS} SET previous_hash = {HASH_OF_5} WHERE seq = 1"], ("changed", 1)),
        ([f"DELETE FROM {EVENTS} WHERE seq = 4"], ("missing", 4)),
        ([f"DELETE FROM {EVENTS} WHERE seq < 4"], ("missing", 1)),
        (
            [f"UPDATE {EVENTS} SET seq = {to} WHERE seq = {seq}" for seq, to in ((4, 99), (5, 4), (99, 5))],
            ("moved", 4),
        ),
        ([f"UPDATE {EVENTS} SET seq = 99 WHERE seq = 4"], ("head", 8)),
        ([f"DELETE FROM {EVENTS} WHERE seq > 5"], ("truncated", 6)),
        ([f"DELETE FROM {EVENTS}"], ("truncated", 1)),
        (
            [f"UPDATE {HEAD} SET seq = 5, hash = {HASH_OF_5}", f"DELETE FROM {EVENTS} WHERE seq > 5"],
            ("truncated", 6),
        ),
        ([f"UPDATE {HEAD} SET seq = 5"], ("head", 6)),
        ([f"UPDATE {HEAD} SET seq = 9"], ("truncated", 8)),
        ([f"UPDATE {HEAD} SET hash = {HASH_OF_5}"], ("changed", 7)),
        ([f"DELETE FROM {HEAD}"], ("head", 0)),
        ([f"DELETE FROM {MARKS}"], ("signature", 0)),
        ([f"UPDATE {MARKS} SET seq = 5, hash = {HASH_OF_5}"], ("signature", 5)),
        (
            [
                f"INSERT INTO {MARKS} SELECT 'pruned', 5, {HASH_OF_5}, at, signature FROM {MARKS}",
                f"DELETE FROM {EVENTS} WHERE seq <= 5",
            ],
            ("pruned", 5),
        ),
    ],
)
def test_aud2_t38_tampering_is_found(log: None, statements: list[str], named: tuple[str, int]) -> None:
    tampered(*statements)
    assert found() == named


def test_aud2_t38_a_chain_that_is_computed_anew_does_not_fit_its_signature(log: None) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 3")
    written_anew(4)
    assert found() == ("rewritten", 7)


def test_aud2_t38_a_shortened_log_that_grew_again_does_not_fit_its_signature(log: None) -> None:
    tampered(f"UPDATE {HEAD} SET seq = 5, hash = {HASH_OF_5}", f"DELETE FROM {EVENTS} WHERE seq > 5")
    recorded(4)
    assert found() == ("rewritten", 7)


def test_aud2_nothing_is_signed_over_a_log_that_does_not_fit(log: None, log_lines: list[str]) -> None:
    tampered(f"UPDATE {HEAD} SET seq = 5, hash = {HASH_OF_5}", f"DELETE FROM {EVENTS} WHERE seq > 5")
    said = "entries 6 to 7 are missing at the end: entry 7 was signed at 2027-01-31T12:00:00Z"
    assert kept().broken == said
    assert any(said in line for line in log_lines)
    assert found() == ("truncated", 6)
    tampered(f"DELETE FROM {MARKS}")
    # The entry that tells of the first signature went with the end of the log: as far as it goes, it was never signed.
    recorded(1)
    assert kept().broken == ""


def test_aud2_a_signature_that_is_taken_away_is_not_made_again(log: None) -> None:
    recorded(1)
    tampered(f"DELETE FROM {MARKS}")
    assert kept().broken == "the signature of the end of the log is gone"


@pytest.mark.skipif(is_postgresql(), reason="PostgreSQL keeps nothing in a column that is of another type")
@pytest.mark.parametrize("change", ["at = 'long ago'", "previous_hash = 'text'", "address = 'nowhere'"])
def test_aud2_t38_what_cannot_be_read_is_found(log: None, change: str) -> None:
    tampered(f"UPDATE {EVENTS} SET {change} WHERE seq = 3")
    assert found() == ("changed", 3)


def test_aud2_triggers_that_are_gone_are_found(log: None) -> None:
    execute(connection, removal(connection.vendor))
    assert found() == ("triggers", 0)


def test_aud2_an_anchor_outside_tells_of_a_log_that_even_the_key_was_used_on(log: None) -> None:
    last = AuditHead.objects.get()
    anchor = Anchor("2027-01-31T12:00:00Z", last.seq, bytes(last.hash))
    assert verify([anchor]).anchors == 1
    beyond = verify([anchor._replace(seq=9)]).broken
    assert beyond
    assert beyond == (
        "truncated",
        8,
        "entries 8 to 9 are missing at the end: entry 9 was anchored at 2027-01-31T12:00:00Z",
    )
    other = verify([anchor._replace(hash=bytes(32))]).broken
    assert other
    assert other[:2] == ("rewritten", 7)


def test_aud2_signatures_outlive_a_change_of_the_key(log: None, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEY, [settings.SECRET_KEY]
    assert found() is None
    kept()
    settings.SECRET_KEY_FALLBACKS = []
    assert found() is None


def test_aud2_a_signature_of_a_key_that_is_not_ours_is_found(log: None, settings: Any) -> None:
    settings.SECRET_KEY = KEY
    assert found() == ("signature", 7)


def test_aud2_that_it_was_signed_for_the_first_time_stands_in_the_log_once(log: None) -> None:
    recorded(1)
    kept()
    assert list(AuditEvent.objects.filter(action="audit_log:sign").values_list("seq", flat=True)) == [7]
