"""TOK-13: when tokens were last used, off the request path."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.usage import recorder as usage
from reference_tokens.usage.batch import Use
from reference_tokens.usage.recorder import UsageRecorder, recorder
from reference_tokens.validation.validate import validate
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted
from tests.factories import alter, issued_pat
from tests.introspection import Statements, introspect, is_active
from trusted_apps.models import TrustedApplication

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def use(at: datetime = NOON, server_id: int | None = None, address: str | None = None) -> Use:
    return Use(at, server_id, address)


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


@pytest.fixture
def quiet() -> UsageRecorder:
    """A recorder that writes only when it is told to."""
    made = UsageRecorder()
    made.runs_in_background = False
    return made


def last_used(token: ReferenceToken) -> datetime | None:
    token.refresh_from_db()
    return token.last_used_at


def fail(*_args: Any) -> None:
    raise OperationalError("database is locked")


# --- What is noted ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tok13_a_validation_is_noted_with_the_server_and_to_the_second(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    at = timezone.now()
    with time_machine.travel(at, tick=False):
        introspect(client, server, issued.plaintext)
    assert last_used(issued.token) is None
    assert recorder.flush() == 1
    assert last_used(issued.token) == at.replace(microsecond=0)
    assert (issued.token.last_used_server, issued.token.last_used_address) == (server, None)


@pytest.mark.django_db
def test_tok13_a_use_without_a_server_is_noted_with_its_address(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    validate(issued.plaintext, now=NOON.replace(year=2026), address="2001:db8::1")
    recorder.flush()
    issued.token.refresh_from_db()
    assert (issued.token.last_used_server, issued.token.last_used_address) == (None, "2001:db8::1")


@pytest.mark.django_db
def test_tok13_an_inactive_token_is_not_used(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, revoked_at=timezone.now())
    introspect(client, server, issued.plaintext)
    assert recorder.flush() == 0


# --- What is written -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tok13_many_uses_of_a_token_are_one_write_of_the_last(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for second in range(50):
        quiet.note_use(token.pk, use(NOON + second * SECOND), is_first_use=False)
    with Statements() as statements:
        assert quiet.flush() == 1
    assert statements.verbs.count("UPDATE") == 1
    assert last_used(token) == NOON + 49 * SECOND


@pytest.mark.django_db
def test_tok13_uses_of_two_requests_may_be_noted_in_any_order(token: ReferenceToken, quiet: UsageRecorder) -> None:
    quiet.note_use(token.pk, use(NOON + SECOND), is_first_use=False)
    quiet.note_use(token.pk, use(NOON), is_first_use=False)
    quiet.flush()
    assert last_used(token) == NOON + SECOND


@pytest.mark.django_db
def test_tok13_a_stored_time_is_never_moved_backwards(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for at in (NOON + SECOND, NOON):
        quiet.note_use(token.pk, use(at, address="192.0.2.1" if at == NOON else None), is_first_use=False)
        quiet.flush()
    assert last_used(token) == NOON + SECOND
    assert token.last_used_address is None


@pytest.mark.django_db
def test_tok13_nothing_noted_writes_nothing(quiet: UsageRecorder) -> None:
    with Statements() as statements:
        assert quiet.flush() == 0
    assert statements.sql == []


@pytest.mark.django_db
def test_tok13_a_token_that_is_gone_is_no_error(quiet: UsageRecorder) -> None:
    quiet.note_use(uuid.uuid4(), use(), is_first_use=False)
    assert quiet.flush() == 1


@pytest.mark.django_db(transaction=True)
def test_tok13_a_resource_server_that_is_gone_does_not_hold_up_the_batch(
    server: Any, token: ReferenceToken, quiet: UsageRecorder
) -> None:
    quiet.note_use(token.pk, use(server_id=server.pk), is_first_use=False)
    server.delete()
    quiet.flush()
    assert last_used(token) == NOON
    assert token.last_used_server is None


@pytest.mark.django_db
def test_tok13_a_failed_flush_keeps_its_batch_for_the_next(token: ReferenceToken, quiet: UsageRecorder) -> None:
    quiet.note_use(token.pk, use(), is_first_use=False)
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        quiet.flush()
    assert quiet.flush() == 1
    assert last_used(token) == NOON


@pytest.mark.django_db
def test_tok13_a_use_noted_during_a_failed_flush_wins_over_the_kept_one(
    token: ReferenceToken, quiet: UsageRecorder
) -> None:
    def note_and_fail(*_args: Any) -> None:
        quiet.note_use(token.pk, use(NOON + SECOND), is_first_use=False)
        fail()

    quiet.note_use(token.pk, use(), is_first_use=False)
    with connection.execute_wrapper(note_and_fail), pytest.raises(OperationalError):
        quiet.flush()
    quiet.flush()
    assert last_used(token) == NOON + SECOND


# --- The thread ------------------------------------------------------------------------------------------------------


@pytest.fixture
def running() -> Iterator[UsageRecorder]:
    """A recorder with a thread, as the service has."""
    made = UsageRecorder()
    yield made
    made.stop()


def within(seconds: float, happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happens():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.django_db(transaction=True)
def test_tok13_the_first_use_of_a_token_is_written_within_a_second(
    token: ReferenceToken, running: UsageRecorder, settings: Any
) -> None:
    assert usage.FIRST_USE_FLUSH_SECONDS < 1
    # So that it is not the next batch that brings it.
    settings.LAST_USED_FLUSH_SECONDS = 10 * PATIENCE
    running.note_use(token.pk, use(), is_first_use=True)
    assert within(PATIENCE, lambda: last_used(token) == NOON)


@pytest.mark.django_db(transaction=True)
def test_tok13_later_uses_are_written_in_batches_of_the_setting(
    token: ReferenceToken, running: UsageRecorder, settings: Any
) -> None:
    settings.LAST_USED_FLUSH_SECONDS = 0.2
    running.note_use(token.pk, use(), is_first_use=False)
    assert within(PATIENCE, lambda: last_used(token) == NOON)
    running.note_use(token.pk, use(NOON + SECOND), is_first_use=False)
    assert within(PATIENCE, lambda: last_used(token) == NOON + SECOND)


@pytest.mark.django_db(transaction=True)
def test_tok13_a_normal_stop_writes_the_rest(token: ReferenceToken, running: UsageRecorder) -> None:
    running.note_use(token.pk, use(), is_first_use=False)
    running.stop()
    assert last_used(token) == NOON
    assert running._thread is not None
    assert not running._thread.is_alive()


@pytest.mark.django_db
def test_tok13_a_stop_without_a_thread_writes_the_rest(token: ReferenceToken, quiet: UsageRecorder) -> None:
    quiet.note_use(token.pk, use(), is_first_use=True)
    quiet.stop()
    assert last_used(token) == NOON


def test_tok13_the_thread_starts_at_the_first_use_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not before: a thread of the master would not survive the fork that makes a worker.
    monkeypatch.setattr(usage, "store_batch", lambda batch: None)
    made = UsageRecorder()
    assert made._thread is None
    made.note_use(uuid.uuid4(), use(), is_first_use=False)
    thread = made._thread
    made.note_use(uuid.uuid4(), use(), is_first_use=False)
    assert thread is not None
    assert made._thread is thread
    made.stop()


def test_tok13_two_first_uses_at_the_same_moment_start_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "store_batch", lambda batch: None)
    made = UsageRecorder()
    with threads() as start:
        with made._lock:
            starting = [start(made._start) for _ in range(2)]
            assert all(is_waiting(future) for future in starting)
        for future in starting:
            future.result(PATIENCE)
        assert [thread.name for thread in threading.enumerate()].count("usage") == 1
    made.stop()


@pytest.mark.django_db(transaction=True)
def test_tok13_the_thread_outlives_a_failure_and_writes_later(
    token: ReferenceToken, running: UsageRecorder, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    store_batch, failures = usage.store_batch, [OperationalError("gone"), SystemError("odd")]

    def fail_twice(batch: Any) -> None:
        if failures:
            raise failures.pop()
        store_batch(batch)

    monkeypatch.setattr(usage, "store_batch", fail_twice)
    running.note_use(token.pk, use(), is_first_use=True)
    assert within(PATIENCE, lambda: not [*failures][1:])
    running.note_use(token.pk, use(), is_first_use=True)
    assert within(PATIENCE, lambda: not failures)
    running.note_use(token.pk, use(), is_first_use=True)
    assert within(PATIENCE, lambda: last_used(token) == NOON)
    assert len([line for line in log_lines if "could not be written" in line]) == 2


# --- T16: never in the way -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_t16_a_locked_row_does_not_hold_up_a_validation(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert is_active(client, server, issued.plaintext)

    def lock() -> None:
        ReferenceToken.objects.select_for_update().get()
        TrustedApplication.objects.select_for_update().get()
        User.objects.select_for_update().get(pk=alice.pk)

    with threads() as start, uncommitted(start, lock):
        flushing = start(recorder.flush)
        assert is_waiting(flushing)
        # Whoever waited for these locks would wait for this block to end, and be told so in the end.
        assert is_active(client, server, issued.plaintext)
        assert is_waiting(flushing)
    assert last_used(issued.token) is not None


def test_tok13_of_two_first_uses_at_once_one_starts_the_thread() -> None:
    recorder = UsageRecorder()
    first = threading.Thread()

    class TakenMeanwhile:
        """A lock that another request held, and let go of once it had started the thread."""

        def __enter__(self) -> None:
            recorder._thread = first

        def __exit__(self, *_: object) -> None:
            pass

    recorder._lock = TakenMeanwhile()  # type: ignore[assignment]
    recorder._start()
    assert recorder._thread is first
