"""RUN-5: the fence is held against the database while others act."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.audit.chain import lock_chain
from reference_tokens.fence.lines import Word
from reference_tokens.models import ReferenceToken
from reference_tokens.restoring import holding
from reference_tokens.restoring.holding import Held, hold, hold_beside_others, hold_impatiently
from tests.concurrency import PATIENCE, is_waiting, threads
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.reference_tokens.fence.fences import in_file, tell

pytestmark = pytest.mark.django_db(transaction=True)


# A transaction of SQLite locks the whole database, so that nothing there waits for a row.
LOCKS_ROWS = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")


@pytest.fixture
def token(settings: Any, tmp_path: Path) -> ReferenceToken:
    """A token that the fence tells to be revoked, and the database to be good."""
    in_file(settings, tmp_path)
    issued = issued_pat(UserFactory.create(), ApplicationFactory.create())
    hold(timezone.now())
    tell(Word.REVOKED, issued.token.pk)
    return issued.token


def test_run5_it_waits_for_an_act_that_has_locked_what_it_ends(token: ReferenceToken) -> None:
    with threads() as start:
        with transaction.atomic():
            ReferenceToken.objects.select_for_update().get(pk=token.pk)
            future = start(partial(hold_beside_others, timezone.now()))
            assert is_waiting(future)
            # Each would wait for the other now.
            lock_chain()
        assert future.result(PATIENCE).count == 1
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at


@LOCKS_ROWS
def test_run5_it_gives_way_to_a_long_act_time_and_again(token: ReferenceToken, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = Semaphore(0)

    def told(now: datetime) -> Held:
        tries.release()
        return hold_impatiently(now)

    monkeypatch.setattr(holding, "hold_impatiently", told)
    with threads() as start:
        with transaction.atomic():
            ReferenceToken.objects.select_for_update().get(pk=token.pk)
            future = start(partial(hold_beside_others, timezone.now()))
            for _each in range(4):
                assert tries.acquire(timeout=PATIENCE)
            lock_chain()
        assert future.result(PATIENCE).count == 1


@LOCKS_ROWS
def test_run5_an_act_that_goes_on_is_told_as_a_fault(token: ReferenceToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "TRIES", 2)
    with threads() as start, transaction.atomic():
        ReferenceToken.objects.select_for_update().get(pk=token.pk)
        future = start(partial(hold_beside_others, timezone.now()))
        with pytest.raises(OperationalError, match="lock timeout"):
            future.result(PATIENCE)


def test_run5_another_fault_of_the_database_is_told_at_once() -> None:
    def fail(*_statement: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail), pytest.raises(OperationalError, match="closed the connection"):
        hold_beside_others(timezone.now())
