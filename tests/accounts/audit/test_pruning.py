"""Pruning the audit log by age: the chain is verifiable from the mark on, and the log says what went (AUD-2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.audit.anchors import Anchor
from accounts.audit.verification import verify
from accounts.models import AuditEvent, AuditMark
from tests.accounts.audit.tampering import EVENTS, HEAD, MARKS, NOON, found, kept, recorded, tampered

DAY = timedelta(days=1)


@pytest.fixture
def log(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five entries of long ago and three of today, signed, of which those of 30 days are kept."""
    monkeypatch.setattr("accounts.audit.pruning.PORTION", 2)
    recorded(5, at=NOON - 40 * DAY)
    recorded(3)
    kept()
    settings.AUDIT_DAYS = 30


def numbers() -> list[int]:
    return list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))


def test_aud2_the_log_is_kept_for_ever_unless_a_setting_says_otherwise(log: None, settings: Any) -> None:
    settings.AUDIT_DAYS = 0
    assert (kept().pruned, len(numbers())) == (0, 9)


def test_aud2_old_entries_go_in_portions_each_of_which_the_log_tells(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[int] = []
    monkeypatch.setattr("accounts.audit.pruning.let_others_write", lambda: first.append(numbers()[0]))
    assert kept().pruned == 5
    # Others may write in between.
    assert first == [3, 5, 6]
    assert numbers() == [6, 7, 8, 9, 10, 11, 12]
    told = AuditEvent.objects.filter(action="audit_log:prune").order_by("seq").values_list("details", flat=True)
    assert list(told) == [
        {"entries": 2, "through": 2, "last_at": (NOON - 40 * DAY + timedelta(hours=1)).isoformat()},
        {"entries": 2, "through": 4, "last_at": (NOON - 40 * DAY + timedelta(hours=3)).isoformat()},
        {"entries": 1, "through": 5, "last_at": (NOON - 40 * DAY + timedelta(hours=4)).isoformat()},
    ]


def test_aud2_the_chain_is_verifiable_from_the_mark_on(log: None) -> None:
    kept()
    verified = verify()
    assert (verified.broken, verified.count) == (None, 7)
    assert verified.pruned
    assert verified.pruned.place.seq == 5


def test_aud2_anchors_hold_from_the_mark_on(log: None) -> None:
    kept()
    mark = AuditMark.objects.get(name="pruned")
    pruned, last = Anchor("then", 4, bytes(32)), Anchor("then", 5, bytes(mark.hash))
    assert (verify([pruned]).broken, verify([pruned]).anchors) == (None, 0)
    assert (verify([last]).broken, verify([last]).anchors) == (None, 1)
    assert verify([last._replace(hash=bytes(32))]).broken


def test_aud2_what_is_just_too_old_waits_until_a_day_of_it_goes_together(log: None) -> None:
    assert kept(NOON - 10 * DAY + timedelta(hours=23)).pruned == 0
    assert kept(NOON - 9 * DAY + timedelta(hours=1)).pruned == 5


def test_aud2_the_last_entry_that_is_signed_stays(log: None) -> None:
    recorded(1)
    assert kept(NOON + 100 * DAY).pruned == 8
    assert numbers()[0] == 9
    assert found() is None


def test_aud2_what_is_not_signed_yet_is_not_pruned(db: None, settings: Any) -> None:
    settings.AUDIT_DAYS = 30
    recorded(3, at=NOON - 40 * DAY)
    assert kept().pruned == 0
    assert kept().pruned == 3


def test_aud2_what_does_not_fit_is_not_pruned(log: None) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 3")
    assert kept().broken == "entry 3 was changed: it does not fit the one beside it"
    assert numbers()[:3] == [3, 4, 5]


def test_aud2_the_last_one_of_a_portion_is_not_pruned_where_it_does_not_fit(log: None) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 2")
    assert kept().broken == "entry 2 was changed: it does not fit the one beside it"
    assert numbers()[:3] == [1, 2, 3]


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ([f"DELETE FROM {EVENTS} WHERE seq = 6"], ("missing", 6)),
        ([f"UPDATE {MARKS} SET seq = 7, hash = {{}} WHERE name = 'pruned'"], ("pruned", 7)),
        ([f"UPDATE {MARKS} SET seq = 3 WHERE name = 'pruned'"], ("pruned", 3)),
        ([f"DELETE FROM {MARKS}"], ("missing", 1)),
        ([f"DELETE FROM {MARKS} WHERE name = 'signed'"], ("signature", 0)),
        ([f"UPDATE {EVENTS} SET seq = 4 WHERE seq = 8"], ("pruned", 4)),
        ([f"DELETE FROM {EVENTS}", f"UPDATE {HEAD} SET seq = 2"], ("truncated", 3)),
    ],
)
def test_aud2_tampering_with_what_is_pruned_is_found(log: None, statements: list[str], named: tuple[str, int]) -> None:
    kept()
    hash_of_7 = f"(SELECT previous_hash FROM {EVENTS} WHERE seq = 8)"
    tampered(*(statement.format(hash_of_7) for statement in statements))
    assert found() == named


def test_aud2_an_older_signature_put_back_after_pruning_does_not_fit(log: None) -> None:
    before = AuditMark.objects.get(name="signed")
    recorded(1)
    kept(NOON + 100 * DAY)
    kept(NOON + 200 * DAY)
    tampered(f"UPDATE {MARKS} SET seq = seq WHERE name = 'signed'")
    AuditMark.objects.filter(name="signed").update(
        seq=before.seq, hash=before.hash, at=before.at, signature=before.signature
    )
    assert found() == ("rewritten", 9)


def test_aud2_what_is_pruned_while_it_is_verified_is_not_missed(log: None) -> None:
    told: list[int] = []

    def report(text: str, done: int = 0, total: int | None = None) -> None:
        told.append(total or done or len(text))
        if len(told) == 1:
            kept()

    verified = verify((), report)
    assert (verified.broken, verified.count) == (None, 7)
    assert told[0] == 9
