"""A thread that an act woke writes after the page that tells of the act, which waits for no writer (AVA-5)."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import pytest

from accounts.database.locks import SECONDS_FOR_A_PAGE
from accounts.outbox.entries import entries_are_due
from reference_tokens.maintenance.webhook_worker import WebhookWorker
from reference_tokens.maintenance.worker import BackgroundWorker
from reference_tokens.webhooks.rows import messages_are_due
from tests.concurrency import PATIENCE

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("kind", "woken_by"),
    [(BackgroundWorker, entries_are_due), (WebhookWorker, messages_are_due)],
    ids=["mails", "webhooks"],
)
def test_ava5_what_an_act_wakes_begins_when_the_page_after_it_was_answered(
    kind: type[BackgroundWorker | WebhookWorker], woken_by: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    first, second = threading.Event(), threading.Event()

    def noted_round(_worker: object, _now: datetime) -> int:
        begun.append(time.monotonic())
        (second if first.is_set() else first).set()
        return 60

    monkeypatch.setattr(kind, "run_once", noted_round)
    worker = kind()
    worker.start()
    assert first.wait(PATIENCE)
    woken_at = time.monotonic()
    woken_by.set()
    assert second.wait(PATIENCE)
    worker.stop()
    assert begun[1] - woken_at >= SECONDS_FOR_A_PAGE
