"""A webhook is told of tokens that expire soon and that have expired, each once (contract 4.9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken, Webhook
from reference_tokens.webhooks import expiries
from reference_tokens.webhooks.registration import update_webhook
from reference_tokens.webhooks.sending import send_messages
from tests.factories import ApplicationFactory, alter, issued_pat, rotated
from tests.introspection import plan
from tests.receiver import Receiver
from tests.reference_tokens.webhooks.messages import told
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Before the webhook begins."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def token_for(user: User, application: TrustedApplication, days: int) -> ReferenceToken:
    return issued_pat(user, application, expires_at=timezone.now() + days * DAY).token


def happened(receiver: Receiver) -> list[tuple[str, str, int | None]]:
    """What was told of expiries: the type, the token, and the days."""
    send_messages()
    found = [message for message in told(receiver) if message["type"] in {"token.expiring", "token.expired"}]
    receiver.requests.clear()
    return [(message["type"], message["data"]["id"], message["data"].get("expires_in_days")) for message in found]


def test_a_token_is_told_of_30_7_and_1_days_before_its_expiry_and_at_it(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    token = str(token_for(alice, application, 60).pk)
    found = []
    for days in (29, 31, 52, 54, 58, 59.5, 61, 62):
        clock.move_to(NOON + days * DAY)
        found.append(happened(receiver))
    assert found == [
        [],
        [("token.expiring", token, 30)],
        [],
        [("token.expiring", token, 7)],
        [],
        [("token.expiring", token, 1)],
        [("token.expired", token, None)],
        [],
    ]


def test_the_instant_of_a_message_is_when_it_happened(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    token_for(alice, application, 2)
    for days in (1.5, 3):
        clock.move_to(NOON + days * DAY)
        send_messages()
    instants = {message["type"]: message["timestamp"] for message in told(receiver)}
    assert instants["token.expiring"] == "2027-02-01T12:00:00Z"
    assert instants["token.expired"] == "2027-02-02T12:00:00Z"


def test_who_issues_a_token_for_a_week_is_not_told_that_it_expires_in_seven_days(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    token_for(alice, application, 7)
    clock.move_to(NOON + MINUTE)
    assert happened(receiver) == []


def test_a_token_that_does_not_work_or_was_replaced_is_told_of_at_its_expiry_alone(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    suspended, old, revoked = (token_for(alice, application, 8) for _number in range(3))
    alter(suspended, suspended_at=NOON)
    rotated(old, 7 * DAY)
    revoke_token(actor=OPERATOR, token_id=revoked.pk, now=NOON)
    clock.move_to(NOON + 6 * DAY + 23 * 60 * MINUTE)
    early = [one for one in happened(receiver) if one[1] in {str(suspended.pk), str(old.pk), str(revoked.pk)}]
    clock.move_to(NOON + 9 * DAY)
    late = {token for event, token, _days in happened(receiver) if event == "token.expired"}
    assert early == []
    assert late >= {str(suspended.pk), str(old.pk)}
    assert str(revoked.pk) not in late


def test_of_another_application_or_an_event_that_was_not_chosen_nothing_is_told(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=NOON, application=application, types=["token.expired"])
    token_for(alice, ApplicationFactory.create(), 8)
    ours = token_for(alice, application, 8)
    clock.move_to(NOON + 9 * DAY)
    assert happened(receiver) == [("token.expired", str(ours.pk), None)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_many_that_expire_at_one_instant_are_told_each_once(
    webhook: Webhook,
    receiver: Receiver,
    alice: User,
    application: TrustedApplication,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    monkeypatch.setattr(expiries, "TOKENS_AT_ONCE", size)
    tokens = {str(token_for(alice, application, 5).pk) for _number in range(5)}
    send_messages()
    receiver.requests.clear()
    clock.move_to(NOON + 4.5 * DAY)
    assert sorted(happened(receiver)) == sorted(("token.expiring", token, 1) for token in tokens)
    clock.move_to(NOON + 6 * DAY)
    assert sorted(happened(receiver)) == sorted(("token.expired", token, None) for token in tokens)


def test_a_clock_that_was_ahead_tells_nothing_twice(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication, clock: Any
) -> None:
    token_for(alice, application, 5)
    clock.move_to(NOON + 6 * DAY)
    # That it would expire is not told any more.
    assert len(happened(receiver)) == 1
    clock.move_to(NOON + 4 * DAY)
    assert happened(receiver) == []
    clock.move_to(NOON + 6 * DAY + MINUTE)
    assert happened(receiver) == []


def test_what_expires_next_is_found_by_an_index(webhook: Webhook) -> None:
    assert "token_by_expiry" in plan(expiries.not_told(webhook, 0, NOON + DAY))
