"""docs/examples/verify_webhook.py and the library of the standard take what the service signs, and no more (T75)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.audit.record import OPERATOR
from reference_tokens.models import Webhook
from reference_tokens.webhooks.registration import replace_secret
from reference_tokens.webhooks.repeating import send_test
from reference_tokens.webhooks.sending import send_messages
from reference_tokens.webhooks.signing import new_secret
from tests.command_line import BASE_DIR
from tests.receiver import Received, Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Verify = Callable[[str, dict[str, str], bytes], Any]


@pytest.fixture
def verified() -> Verify:
    """The function of the example."""
    spec = importlib.util.spec_from_file_location("verify_webhook", BASE_DIR / "docs/examples/verify_webhook.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    example: Verify = module.verified
    return example


@pytest.fixture
def received(webhook: Webhook, receiver: Receiver) -> Received:
    """A message, signed with both secrets."""
    replace_secret(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_messages()
    return receiver.requests[0]


def test_t75_a_message_is_verified(verified: Verify, received: Received, secret: list[str]) -> None:
    assert verified(secret[0], received.headers, received.body)["type"] == "webhook.test"


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_t75_a_message_of_which_anything_was_changed_is_refused(
    verified: Verify, received: Received, secret: list[str], part: str
) -> None:
    parts = received.headers | {"body": received.body.decode()}
    changed = {
        "webhook-id": "0",
        "webhook-timestamp": str(int(parts["webhook-timestamp"]) - 1),
        "webhook-signature": "v1,AAAA",
        "body": parts["body"] + " ",
    }
    parts[part] = changed[part]
    with pytest.raises(ValueError, match="the signature is wrong"):
        verified(secret[0], parts, parts["body"].encode())


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize(
    "value", [None, "", "\N{LATIN SMALL LETTER E WITH ACUTE}"], ids=["missing", "empty", "not ASCII"]
)
def test_t75_what_anybody_posts_is_refused_by_no_other_error(
    verified: Verify, received: Received, secret: list[str], part: str, value: str | None
) -> None:
    headers = {name: text for name, text in received.headers.items() if name != part}
    with pytest.raises(ValueError, match=r"signature|invalid literal"):
        verified(secret[0], headers if value is None else headers | {part: value}, received.body)


def test_t75_an_old_message_is_refused(verified: Verify, received: Received, secret: list[str]) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=6)), pytest.raises(ValueError, match="too old"):
        verified(secret[0], received.headers, received.body)


def test_t75_the_library_of_the_standard_verifies_a_message_with_each_secret(
    received: Received, secret: list[str]
) -> None:
    library = pytest.importorskip("standardwebhooks")
    assert library.Webhook(secret[0]).verify(received.body, received.headers)["type"] == "webhook.test"
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(secret[0]).verify(received.body + b" ", received.headers)
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(new_secret()).verify(received.body, received.headers)
