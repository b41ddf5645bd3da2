"""RUN-5: the fence is held against the database while others act."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.audit.chain import lock_chain
from reference_tokens.fence.lines import Word
from reference_tokens.models import ReferenceToken
from reference_tokens.restoring.holding import hold, hold_beside_others
from tests.concurrency import PATIENCE, is_waiting, threads
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.reference_tokens.fence.fences import in_file, tell

pytestmark = pytest.mark.django_db(transaction=True)


def test_run5_it_waits_for_an_act_that_has_locked_what_it_ends(settings: Any, tmp_path: Path) -> None:
    in_file(settings, tmp_path)
    token = issued_pat(UserFactory.create(), ApplicationFactory.create()).token
    hold(timezone.now())
    tell(Word.REVOKED, token.pk)
    with threads() as start:
        with transaction.atomic():
            ReferenceToken.objects.select_for_update().get(pk=token.pk)
            future = start(partial(hold_beside_others, timezone.now()))
            assert is_waiting(future)
            # Each would wait for the other now.
            lock_chain()
        assert future.result(PATIENCE).count == 1
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at


def test_run5_another_fault_of_the_database_is_told_at_once() -> None:
    def fail(*_statement: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail), pytest.raises(OperationalError, match="closed the connection"):
        hold_beside_others(timezone.now())
