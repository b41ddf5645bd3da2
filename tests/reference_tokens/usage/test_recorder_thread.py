"""TOK-13: the thread that writes uses, off the request path."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from reference_tokens.models import Door, ReferenceToken, RefusalCount
from reference_tokens.usage import recorder as usage
from reference_tokens.usage.noted_refusals import Refused
from reference_tokens.usage.recorder import UsageRecorder, recorder
from reference_tokens.usage.store import store_batch
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted
from tests.factories import issued_pat, made_applications
from tests.introspection import is_active
from tests.reference_tokens.usage.uses import NOON, SECOND, last_used, note_use
from trusted_apps.models import TrustedApplication

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
    note_use(running, token.pk, is_first_use=True)
    assert within(PATIENCE, lambda: last_used(token) == NOON)


@pytest.mark.django_db(transaction=True)
def test_tok13_later_uses_are_written_in_batches_of_the_setting(
    token: ReferenceToken, running: UsageRecorder, settings: Any
) -> None:
    settings.LAST_USED_FLUSH_SECONDS = 0.2
    note_use(running, token.pk)
    assert within(PATIENCE, lambda: last_used(token) == NOON)
    note_use(running, token.pk, NOON + SECOND)
    assert within(PATIENCE, lambda: last_used(token) == NOON + SECOND)


@pytest.mark.django_db(transaction=True)
def test_tok16_refusals_start_the_thread_and_are_written_in_its_batches(
    token: ReferenceToken, running: UsageRecorder, settings: Any
) -> None:
    settings.LAST_USED_FLUSH_SECONDS = 0.2
    refused = Refused("expired", Door.TOKEN_ITSELF, token.pk, None, None)
    running.note_refusal(refused, NOON)
    assert within(PATIENCE, RefusalCount.objects.filter(count=1).exists)
    running.note_refusal(refused, NOON)
    assert within(PATIENCE, RefusalCount.objects.filter(count=2).exists)


@pytest.mark.django_db(transaction=True)
def test_tok13_a_normal_stop_writes_the_rest(token: ReferenceToken, running: UsageRecorder) -> None:
    note_use(running, token.pk)
    running.stop()
    assert last_used(token) == NOON
    assert running._thread is not None
    assert not running._thread.is_alive()


@pytest.mark.django_db
def test_tok13_a_stop_without_a_thread_writes_the_rest(token: ReferenceToken, quiet: UsageRecorder) -> None:
    note_use(quiet, token.pk, is_first_use=True)
    quiet.stop()
    assert last_used(token) == NOON


def test_tok13_the_thread_starts_at_the_first_use_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not before: a thread of the master would not survive the fork that makes a worker.
    monkeypatch.setattr(usage, "store_batch", lambda batch: None)
    made = UsageRecorder()
    assert made._thread is None
    note_use(made, uuid.uuid4())
    thread = made._thread
    note_use(made, uuid.uuid4())
    assert thread is not None
    assert made._thread is thread
    made.stop()


def test_tok13_two_first_uses_at_the_same_moment_start_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "store_batch", lambda batch: None)
    made, both_begin = UsageRecorder(), threading.Barrier(3)

    def begin() -> None:
        both_begin.wait(PATIENCE)
        made.start()

    with threads() as start:
        with made._lock:
            starting = [start(begin) for _ in range(2)]
            both_begin.wait(PATIENCE)
            assert not wait(starting, timeout=0.2).done
        for future in starting:
            future.result(PATIENCE)
        assert [thread.name for thread in threading.enumerate()].count("usage") == 1
    made.stop()


@pytest.mark.django_db(transaction=True)
def test_tok13_the_thread_outlives_a_failure_and_writes_later(
    token: ReferenceToken, running: UsageRecorder, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    failures = [OperationalError("gone"), SystemError("odd")]

    def fail_twice(batch: Any) -> None:
        if failures:
            raise failures.pop()
        store_batch(batch)

    monkeypatch.setattr(usage, "store_batch", fail_twice)
    note_use(running, token.pk, is_first_use=True)
    assert within(PATIENCE, lambda: not [*failures][1:])
    note_use(running, token.pk, is_first_use=True)
    assert within(PATIENCE, lambda: not failures)
    note_use(running, token.pk, is_first_use=True)
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
        made_applications().select_for_update().get()
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
    recorder.start()
    assert recorder._thread is first
