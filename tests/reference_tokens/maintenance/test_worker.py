"""What each server process does by itself, and of several processes one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, last_done_at
from reference_tokens.maintenance.worker import (
    HOUR,
    PAUSE_AFTER_FAILURE,
    SECONDS_BETWEEN_ROUNDS,
    BackgroundWorker,
    take_lease,
)
from reference_tokens.models import AnswerCount, Lease, TokenNumber
from tests.concurrency import outcomes, threads, with_own_connection
from tests.factories import UserFactory, issued_pat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# Less than between two rounds: what comes by then, the commit brought.
PATIENCE = SECONDS_BETWEEN_ROUNDS / 3


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory.create(username="alice", email="alice@example.com")


@pytest.fixture
def working() -> Iterator[BackgroundWorker]:
    """The thread of a server process."""
    made = BackgroundWorker()
    made.start()
    yield made
    made.stop()


def eventually(holds: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


def test_a_mail_is_sent_soon_after_the_commit_that_noted_it(
    working: BackgroundWorker, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    assert eventually(lambda: mail.outbox)


def test_the_thread_ends_with_its_process(working: BackgroundWorker) -> None:
    thread = working._thread
    assert thread
    assert thread.is_alive()
    working.stop()
    assert not thread.is_alive()


def test_a_process_that_never_served_ends_too() -> None:
    BackgroundWorker().stop()


def test_run3_housekeeping_is_done_at_the_start_and_once_an_hour() -> None:
    def old_counts_after(now: datetime) -> int:
        AnswerCount.objects.all().delete()
        AnswerCount.objects.create(client_id="", outcome="active", day=NOON.date() - timedelta(days=500))
        with threads() as start:
            start(lambda: BackgroundWorker().run_once(now)).result(PATIENCE)
        return AnswerCount.objects.count()

    left = [old_counts_after(now) for now in (NOON, NOON + HOUR - SECOND, NOON + HOUR, NOON + HOUR + SECOND)]
    assert left == [0, 1, 0, 1]


def test_run3_of_several_machines_one_keeps_house() -> None:
    with threads() as start:
        outcomes(start, *[lambda: BackgroundWorker().run_once(NOON)] * 4)
    assert last_done_at() == NOON
    with CaptureQueriesContext(connection) as queries:
        BackgroundWorker().run_once(NOON + SECOND)
    assert not [query["sql"] for query in queries if "DELETE" in query["sql"]]
    assert last_done_at() == NOON


def test_housekeeping_that_fails_is_not_noted_as_done(log_lines: list[str]) -> None:
    def fail_to_delete(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith("DELETE"):
            raise OperationalError("the database is gone")
        return execute(sql, *args)

    def round_that_fails() -> None:
        with connection.execute_wrapper(fail_to_delete):
            BackgroundWorker().run_once(NOON)

    AnswerCount.objects.create(client_id="", outcome="active", day=NOON.date() - timedelta(days=500))
    with_own_connection(round_that_fails)
    assert last_done_at() is None
    assert [line for line in log_lines if "housekeeping failed; it will be tried again" in line]
    # What failed is not left for an hour: any process tries again in five minutes, and goes on from there.
    with_own_connection(lambda: BackgroundWorker().run_once(NOON + PAUSE_AFTER_FAILURE - SECOND))
    assert last_done_at() is None
    with_own_connection(lambda: BackgroundWorker().run_once(NOON + PAUSE_AFTER_FAILURE))
    assert last_done_at() == NOON + PAUSE_AFTER_FAILURE
    assert not AnswerCount.objects.exists()


def test_housekeeping_that_loses_its_connection_is_not_left_for_an_hour_either() -> None:
    def lose_the_connection(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith("SELECT") and AnswerCount._meta.db_table in sql:
            connection.connection.close()
        return execute(sql, *args)

    def round_that_fails() -> None:
        with connection.execute_wrapper(lose_the_connection):
            BackgroundWorker().run_once(NOON)

    AnswerCount.objects.create(client_id="", outcome="active", day=NOON.date() - timedelta(days=500))
    with_own_connection(round_that_fails)
    assert last_done_at() is None
    with_own_connection(lambda: BackgroundWorker().run_once(NOON + PAUSE_AFTER_FAILURE))
    assert last_done_at() == NOON + PAUSE_AFTER_FAILURE


def test_whatever_goes_wrong_is_logged_and_the_thread_goes_on(log_lines: list[str]) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("the database is gone")

    def round_without_database() -> None:
        with connection.execute_wrapper(fail):
            BackgroundWorker().run_once(NOON)

    with_own_connection(round_without_database)
    assert [line for line in log_lines if "housekeeping failed; it will be tried again" in line]


def test_a_count_of_tokens_that_fails_is_repeated_in_the_next_round(settings: Any, log_lines: list[str]) -> None:
    def fail_to_count(execute: Any, sql: str, *args: Any) -> Any:
        if TokenNumber._meta.db_table in sql:
            raise OperationalError("the database is gone")
        return execute(sql, *args)

    def round_that_fails() -> None:
        with connection.execute_wrapper(fail_to_count):
            BackgroundWorker().run_once(NOON)

    settings.METRICS_TOKEN = "m" * 40
    TokenNumber.objects.all().delete()
    with_own_connection(round_that_fails)
    assert [line for line in log_lines if "tokens could not be counted; it will be tried again" in line]
    assert (last_done_at(), TokenNumber.objects.exists()) == (NOON, False)
    with_own_connection(lambda: BackgroundWorker().run_once(NOON + timedelta(seconds=SECONDS_BETWEEN_ROUNDS)))
    assert TokenNumber.objects.exists()


# --- The lease -------------------------------------------------------------------------------------------------------


def test_a_lease_is_taken_once_until_it_ends() -> None:
    taken = [
        take_lease(HOUSEKEEPING, HOUR, now) for now in (NOON, NOON, NOON + HOUR - SECOND, NOON + HOUR, NOON + HOUR)
    ]
    assert taken == [True, False, False, True, False]


def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up() -> None:
    assert take_lease(HOUSEKEEPING, HOUR, NOON + timedelta(days=365))
    assert take_lease(HOUSEKEEPING, HOUR, NOON)
    assert str(Lease.objects.get()) == "housekeeping until 2027-01-31 13:00:00"


@pytest.mark.parametrize("is_first", [True, False])
def test_of_several_processes_at_once_one_takes_the_lease(is_first: bool) -> None:
    if not is_first:
        take_lease(HOUSEKEEPING, HOUR, NOON - HOUR)
    with threads() as start:
        results = outcomes(start, *[lambda: take_lease(HOUSEKEEPING, HOUR, NOON)] * 4)
    assert sorted(results) == [False, False, False, True]
