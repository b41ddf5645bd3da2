"""RUN-8: whether the messages of webhooks can be signed, and where they may go."""

from __future__ import annotations

from typing import Any

import pytest

from reference_tokens.models import Webhook
from tests.command_line import Runner
from tests.reference_tokens.commands.check_settings.checked_settings import found

pytestmark = pytest.mark.django_db

NAME = "WEBHOOKS_TO_PRIVATE_ADDRESSES"


def test_where_every_webhook_works_they_are_counted(command: Runner, webhook: Webhook) -> None:
    assert found(command, NAME) == (True, "True; active webhooks: 1")


def test_a_webhook_that_leads_to_an_address_that_is_not_allowed_is_told(
    command: Runner, webhook: Webhook, settings: Any
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    works, text = found(command, NAME)
    assert not works
    assert text == f"does not work: {webhook.host}: The host has a private address, which is not allowed"


def test_a_secret_that_cannot_be_read_is_told(command: Runner, webhook: Webhook) -> None:
    Webhook.objects.update(secret="sealed under another key")
    works, text = found(command, NAME)
    assert not works
    assert "The secret cannot be read: SECRET_KEY changed" in text
