"""What was answered, and when each Resource Server last asked: counted in memory, written in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import AnswerCount, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import UsageRecorder, recorder
from tests.concurrency import outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat
from tests.introspection import Statements, introspect
from tests.reference_tokens.usage.uses import process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def far_ahead() -> Iterator[None]:
    """On a day of its own: the server of other tests may write what it counted a second ago."""
    with time_machine.travel(NOON):
        yield


def counts() -> dict[tuple[str, str], int]:
    """What is stored of this day, by client id and outcome."""
    return {(row.client_id, row.outcome): row.count for row in AnswerCount.objects.filter(day=NOON.date())}


def last_asked(server: Any) -> datetime | None:
    return ResourceServer.objects.get(pk=server.pk).last_asked_at


def fail(*_args: Any) -> None:
    raise OperationalError("database is locked")


# --- What is counted -------------------------------------------------------------------------------------------------


def test_every_outcome_is_counted_with_the_internal_reason(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    now = timezone.now()
    narrow = ResourceServerFactory.create(asks_for_all_applications=False)
    good, revoked, suspended, expired, scopeless = (issued_pat(alice, application) for _ in range(5))
    disabled = issued_pat(alice, ApplicationFactory.create())
    TrustedApplication.objects.filter(pk=disabled.token.application_id).update(is_enabled=False)
    alter(revoked.token, revoked_at=now)
    alter(suspended.token, suspended_at=now)
    alter(expired.token, issued_at=datetime(2020, 1, 1, tzinfo=UTC), expires_at=now)
    alter(scopeless.token, scopes="gone")
    texts = [issued.plaintext for issued in (good, revoked, suspended, expired, scopeless, disabled)]
    for text in [*texts, token_format.generate(), "x"]:
        introspect(client, server, text)
    introspect(client, narrow, good.plaintext)
    User.objects.update(is_active=False)
    introspect(client, server, good.plaintext)
    recorder.flush()
    reasons = ["active", "revoked", "suspended", "expired", "no_scopes", "application_disabled", "unknown", "malformed"]
    assert counts() == {(server.client_id, reason): 1 for reason in [*reasons, "holder_inactive"]} | {
        (narrow.client_id, "other_server"): 1
    }


def test_a_malformed_token_is_counted_without_a_query(client: Client) -> None:
    with Statements() as statements:
        client.get("/auth/forward", headers={"authorization": "Bearer x"})
    assert statements.sql == []
    recorder.flush()
    assert counts() == {("", "malformed"): 1}


def test_who_is_not_authenticated_is_not_counted(client: Client, server: Any) -> None:
    server.plain_secret = "enrs_wrong"
    introspect(client, server, "x")
    assert recorder.flush() == 0
    assert (counts(), last_asked(server)) == ({}, None)


def test_a_question_of_no_resource_server_asks_about_none(quiet: UsageRecorder) -> None:
    quiet.note("unknown", at=NOON)
    with Statements() as statements:
        quiet.flush()
    assert [sql for sql in statements.sql if "resourceserver" in sql] == []


def test_when_a_server_last_asked_is_noted_whatever_the_answer(client: Client, server: Any) -> None:
    other = ResourceServerFactory.create()
    at = timezone.now()
    with time_machine.travel(at, tick=False):
        introspect(client, server, "x")
    recorder.flush()
    assert (last_asked(server), last_asked(other)) == (at, None)


# --- What is written -------------------------------------------------------------------------------------------------


def test_many_answers_are_one_write(server: Any, quiet: UsageRecorder) -> None:
    quiet.note("active", at=NOON, client_id=server.client_id)
    quiet.flush()
    for second in range(100):
        quiet.note("active", at=NOON + second * SECOND, client_id=server.client_id)
    with Statements() as statements:
        quiet.flush()
    assert len([sql for sql in statements.sql if "resourceserver" in sql]) == 2
    assert len([sql for sql in statements.sql if "answercount" in sql]) == 1
    assert counts() == {(server.client_id, "active"): 101}
    assert last_asked(server) == NOON + 99 * SECOND


def test_batches_of_two_processes_add_up(server: Any) -> None:
    for number in (3, 4):
        made = process()
        for _ in range(number):
            made.note("unknown", at=NOON, client_id=server.client_id)
        made.flush()
    assert counts() == {(server.client_id, "unknown"): 7}


def test_a_batch_is_written_once(server: Any, quiet: UsageRecorder) -> None:
    quiet.note("unknown", at=NOON, client_id=server.client_id)
    quiet.flush()
    quiet.flush()
    assert counts() == {(server.client_id, "unknown"): 1}


def test_a_day_ends_at_midnight_utc(server: Any, quiet: UsageRecorder) -> None:
    midnight = datetime(2027, 2, 1, tzinfo=UTC)
    for at in (midnight - SECOND, midnight - timedelta(microseconds=1), midnight):
        quiet.note("active", at=at, client_id=server.client_id)
    quiet.flush()
    rows = AnswerCount.objects.filter(client_id=server.client_id).order_by("day").values_list("day", "count")
    assert list(rows) == [(date(2027, 1, 31), 2), (date(2027, 2, 1), 1)]


def test_when_a_server_last_asked_is_never_moved_backwards(server: Any) -> None:
    for at in (NOON + SECOND, NOON):
        made = process()
        made.note("unknown", at=at, client_id=server.client_id)
        made.flush()
    assert last_asked(server) == NOON + SECOND


def test_answers_to_a_server_that_is_gone_do_not_hold_up_the_batch(server: Any, quiet: UsageRecorder) -> None:
    other = ResourceServerFactory.create()
    for asking in (server, other):
        quiet.note("unknown", at=NOON, client_id=asking.client_id)
    server.delete()
    quiet.flush()
    assert last_asked(other) == NOON
    assert counts()[server.client_id, "unknown"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_statement", range(1, 4))
def test_a_flush_that_fails_anywhere_keeps_all_and_counts_nothing_twice(
    server: Any, quiet: UsageRecorder, of_statement: int
) -> None:
    count = 0

    def fail_later(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count >= of_statement:
            fail()
        return execute(*args)

    for _ in range(3):
        quiet.note("active", at=NOON, client_id=server.client_id)
    quiet.note("unknown", at=NOON)
    with connection.execute_wrapper(fail_later), pytest.raises(OperationalError):
        quiet.flush()
    assert (counts(), last_asked(server)) == ({}, None)
    quiet.note("active", at=NOON + SECOND, client_id=server.client_id)
    quiet.flush()
    assert counts() == {(server.client_id, "active"): 4, ("", "unknown"): 1}
    assert last_asked(server) == NOON + SECOND


@pytest.mark.django_db(transaction=True)
def test_answers_that_are_counted_during_a_flush_are_in_the_next(server: Any, quiet: UsageRecorder) -> None:
    def note(execute: Any, *args: Any) -> Any:
        quiet.note("active", at=NOON, client_id=server.client_id)
        return execute(*args)

    quiet.note("active", at=NOON, client_id=server.client_id)
    with connection.execute_wrapper(note):
        quiet.flush()
    noted_meanwhile = sum(quiet._pending.days[NOON.date()].answers[server.client_id, "active", ""].counts)
    assert counts() == {(server.client_id, "active"): 1}
    quiet.flush()
    assert counts() == {(server.client_id, "active"): 1 + noted_meanwhile}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_there_already", [True, False])
def test_writers_of_the_same_row_at_the_same_moment_lose_nothing(server: Any, is_there_already: bool) -> None:
    if is_there_already:
        AnswerCount.objects.create(day=NOON.date(), client_id=server.client_id, outcome="active", count=100)
    processes = [process() for _ in range(4)]
    for number, made in enumerate(processes, 1):
        for second in range(number):
            made.note("active", at=NOON + second * SECOND, client_id=server.client_id)
            made.note("unknown", at=NOON)
    with threads() as start:
        assert outcomes(start, *(made.flush for made in processes)) == [0] * 4
    expected = 110 if is_there_already else 10
    assert counts() == {(server.client_id, "active"): expected, ("", "unknown"): 10}
    assert last_asked(server) == NOON + 3 * SECOND


@pytest.mark.django_db(transaction=True)
def test_a_writer_waits_for_another_that_has_not_committed(server: Any) -> None:
    one, other = process(), process()
    for made in (one, other):
        made.note("active", at=NOON, client_id=server.client_id)
    with threads() as start, uncommitted(start, one.flush):
        later = start(other.flush)
        assert counts() == {}
    later.result(20)
    assert counts() == {(server.client_id, "active"): 2}
