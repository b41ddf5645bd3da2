"""Each server process has a thread that tells webhooks what happens, in any process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.audit.record import OPERATOR
from reference_tokens.maintenance.webhook_worker import (
    SECONDS_AFTER_FAILURE,
    SECONDS_BETWEEN_ROUNDS,
    SECONDS_WITHOUT_WEBHOOKS,
    WebhookWorker,
)
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import create_webhook
from tests.concurrency import with_own_connection
from tests.factories import UserFactory, issued_pat
from tests.receiver import Receiver, receiver
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)

# Less than a process waits that knows of no webhook.
PATIENCE = SECONDS_WITHOUT_WEBHOOKS / 3


@pytest.fixture
def working() -> Iterator[WebhookWorker]:
    """The thread of a server process."""
    made = WebhookWorker()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def told(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with receiver() as running:
        create_webhook(actor=OPERATOR, now=timezone.now(), url=running.url, types=["token.issued"])
        yield running


def eventually(holds: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


def test_what_happens_is_told_by_itself_after_a_webhook_was_added(
    working: WebhookWorker, told: Receiver, application: TrustedApplication
) -> None:
    issued_pat(UserFactory.create(), application)
    assert eventually(lambda: told.requests)


def test_the_thread_ends_with_its_process(working: WebhookWorker) -> None:
    thread = working._thread
    assert thread
    working.stop()
    assert not thread.is_alive()


def test_a_process_that_never_served_ends_too() -> None:
    WebhookWorker().stop()


def test_a_process_looks_often_where_there_is_a_webhook_and_seldom_where_there_is_none(told: Receiver) -> None:
    def seconds() -> int:
        return WebhookWorker().run_once(timezone.now())

    assert with_own_connection(seconds) == SECONDS_BETWEEN_ROUNDS
    Webhook.objects.update(state="paused")
    assert with_own_connection(seconds) == SECONDS_WITHOUT_WEBHOOKS


def test_a_round_that_fails_is_logged_and_another_one_follows(told: Receiver, log_lines: list[str]) -> None:
    def fail(*_asked: Any) -> Any:
        raise OperationalError("the database is gone")

    def round_that_fails() -> int:
        with connection.execute_wrapper(fail):
            return WebhookWorker().run_once(timezone.now())

    assert with_own_connection(round_that_fails) == SECONDS_AFTER_FAILURE
    assert [line for line in log_lines if "messages of webhooks could not be sent; they will be tried again" in line]
