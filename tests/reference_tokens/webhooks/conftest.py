"""A receiver, and the webhook that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR
from reference_tokens.models import EventType, Webhook
from reference_tokens.webhooks.registration import create_webhook
from tests.receiver import Receiver, receiver


@pytest.fixture(autouse=True)
def private_addresses_are_allowed(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


@pytest.fixture(name="receiver")
def running_receiver() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def secret() -> list[str]:
    """The secret of the webhook, once that is there."""
    return []


@pytest.fixture
def webhook(db: None, receiver: Receiver, secret: list[str]) -> Webhook:
    """Told of everything that happens to tokens."""
    types = [kind for kind in EventType.values if kind != EventType.AUDIT_ENTRY]
    made, its_secret = create_webhook(actor=OPERATOR, now=timezone.now(), url=receiver.url, types=types)
    secret.append(its_secret)
    return made
