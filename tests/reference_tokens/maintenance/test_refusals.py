"""TOK-16: of refusals the last 50 are kept, for 30 days, and what is more is deleted in portions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from reference_tokens.maintenance import refusals
from reference_tokens.maintenance.housekeeping import do_housekeeping
from reference_tokens.maintenance.refusals import keep_last_refusals
from reference_tokens.models import ReferenceToken, RefusalCount
from tests.factories import issued_pat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


def refused(token: ReferenceToken | None, number: int, server: Any = None, last: datetime = NOON) -> None:
    """So many minutes of refusals, up to the last."""
    asked = {"token": token, "application_id": token and token.application_id, "server": server}
    minutes = [last - back * MINUTE for back in reversed(range(number))]
    RefusalCount.objects.bulk_create(
        RefusalCount(**asked, minute=at, reason="unknown", door="introspection", count=1, first_at=at, last_at=at)
        for at in minutes
    )


def minutes(**of: Any) -> list[datetime]:
    return list(RefusalCount.objects.filter(**of).order_by("minute").values_list("minute", flat=True))


def test_the_last_50_of_a_token_are_kept_whoever_asked(token: ReferenceToken, server: Any) -> None:
    refused(token, 40)
    refused(token, 40, server, NOON + 40 * MINUTE)
    assert keep_last_refusals(None, NOON) == 30
    assert minutes() == [NOON + each * MINUTE for each in range(-9, 41)]
    assert keep_last_refusals(None, NOON) == 0


def test_the_last_50_of_no_token_are_kept_for_each_server(token: ReferenceToken, server: Any) -> None:
    refused(None, 60, server)
    refused(token, 45, server)
    assert keep_last_refusals(None, NOON) == 10
    assert len(minutes(token=None)) == 50
    assert len(minutes(token=token)) == 45


def test_only_what_was_refused_since_the_last_housekeeping_is_looked_at(
    alice: User, application: TrustedApplication, token: ReferenceToken
) -> None:
    refused(token, 60)
    refused(issued_pat(alice, application).token, 60, last=NOON + DAY)
    assert keep_last_refusals(NOON + DAY - HOUR, NOON + DAY) == 10
    assert len(minutes(token=token)) == 60
    refused(token, 1, last=NOON + DAY)
    assert keep_last_refusals(NOON + DAY, NOON + DAY) == 11


def test_without_refusals_nothing_is_deleted(db: None) -> None:
    with Statements() as statements:
        assert keep_last_refusals(NOON, NOON) == 0
    assert statements.verbs == ["SELECT", "SELECT"]


def test_what_is_too_much_is_read_and_deleted_in_portions(
    token: ReferenceToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "ROWS_AT_ONCE", 8)
    refused(token, 70)
    with Statements() as statements:
        assert keep_last_refusals(None, NOON) == 20
    assert len([sql for sql in statements.sql if sql.startswith("DELETE")]) == 3


def test_housekeeping_deletes_what_is_older_than_30_days_and_what_is_too_much(token: ReferenceToken) -> None:
    refused(token, 5, last=NOON - 31 * DAY)
    refused(token, 51)
    assert do_housekeeping(now=NOON)["removed"]["refusals"] == 6
    assert len(minutes()) == 50
