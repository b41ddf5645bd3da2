"""What was answered to a request with an Idempotency-Key is kept for 24 hours, and deleted in portions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reference_tokens.maintenance import housekeeping
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.models import RepeatableAnswer
from tests.factories import UserFactory
from tests.introspection import Statements, plan

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def answered(key: str, at: datetime) -> None:
    caller = UserFactory.create().pk
    RepeatableAnswer.objects.create(caller=caller, key_digest=key.encode(), digest=bytes(32), status=201, created_at=at)


def test_an_answer_is_kept_for_24_hours() -> None:
    answered("old", NOON - DAY)
    answered("young", NOON - DAY + SECOND)
    assert do_housekeeping(now=NOON)["removed"]["repeatable_answers"] == 1
    assert [bytes(one.key_digest) for one in RepeatableAnswer.objects.all()] == [b"young"]
    assert do_housekeeping(now=NOON)["removed"]["repeatable_answers"] == 0


def test_they_are_deleted_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "ROWS_AT_ONCE", 2)
    for number in range(5):
        answered(str(number), NOON - DAY - number * SECOND)
    with Statements() as statements:
        assert do_housekeeping(now=NOON)["removed"]["repeatable_answers"] == 5
    deleted = [sql for sql in statements.sql if sql.startswith("DELETE") and "repeatableanswer" in sql]
    assert len(deleted) == 3


@pytest.mark.once
def test_the_old_ones_are_found_by_an_index() -> None:
    assert "repeatable_answer_by_age" in plan(
        RepeatableAnswer.objects.filter(created_at__lte=NOON).order_by("created_at")
    )
