"""A total of answers never falls: Prometheus would take that for a start from nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from accounts.progress import to_nobody
from reference_tokens.maintenance import answers
from reference_tokens.maintenance.housekeeping import COUNTS_KEPT, prune
from reference_tokens.models import AnswerCount

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def total(outcome: str) -> int:
    return AnswerCount.objects.filter(client_id="rs_1", outcome=outcome).aggregate(total=Sum("count"))["total"] or 0


def test_answers_of_days_that_are_long_over_still_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ROWS_AT_ONCE", 3)
    for age in (0, 399, 400, 401, 402, 500, 900):
        for outcome, count in (("active", 10), ("revoked", 1)):
            day = NOON.date() - timedelta(days=age)
            AnswerCount.objects.create(day=day, client_id="rs_1", outcome=outcome, count=count)
    for passed in (timedelta(0), timedelta(0), timedelta(days=2)):
        prune(NOON + passed, to_nobody)
        assert (total("active"), total("revoked")) == (70, 7)
        days = set(AnswerCount.objects.filter(client_id="rs_1").values_list("day", flat=True))
        assert min(days - {AnswerCount.EARLIER}) >= (NOON + passed - COUNTS_KEPT).date()
    assert AnswerCount.objects.filter(client_id="rs_1", day=AnswerCount.EARLIER).count() == 2
