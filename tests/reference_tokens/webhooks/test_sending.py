"""A message is tried again with growing pauses, and given up in the end (contract 4.9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, OutboxEntry, User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks import sending
from reference_tokens.webhooks.noting import note_for
from reference_tokens.webhooks.posting import Answer
from reference_tokens.webhooks.registration import (
    create_webhook,
    delete_webhook,
    end_former_secret,
    replace_secret,
    set_paused,
    update_webhook,
)
from reference_tokens.webhooks.repeating import repeat_delivery, send_test
from reference_tokens.webhooks.sending import PAUSES, send_messages
from tests.factories import issued_pat
from tests.receiver import Receiver
from tests.receiver import receiver as another_receiver
from tests.reference_tokens.webhooks.messages import is_signed, told, types_told
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

State = WebhookDelivery.State
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_a_message_that_is_not_taken_is_tried_again_after_these_pauses_and_then_given_up(
    receiver: Receiver, db: None
) -> None:
    receiver.statuses = [500, 404, 302, 429, 503, 400, 401, 500, 500, 500]
    pauses = []
    with time_machine.travel(NOON, tick=False) as clock:
        webhook, _secret = create_webhook(actor=OPERATOR, now=NOON, url=receiver.url, types=["token.issued"])
        send_test(actor=OPERATOR, webhook_id=webhook.pk, now=NOON)
        send_messages()
        while entry := OutboxEntry.objects.first():
            pauses.append(entry.due_at - timezone.now())
            clock.move_to(entry.due_at - SECOND)
            assert send_messages() == 0
            clock.move_to(entry.due_at)
            send_messages()
    assert pauses == [5 * SECOND, 5 * MINUTE, 30 * MINUTE, *[hours * HOUR for hours in (2, 5, 10, 14, 20, 24)]]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.requests}) == len(PAUSES) + 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.next_at) == (State.FAILED, 10, 500, None)
    assert delivery.done_at
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures_to_tell) == (Webhook.State.ACTIVE, 1)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_a_delivery(webhook: Webhook, receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert send_messages() == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == (State.DELIVERED, 1, status)
    assert not OutboxEntry.objects.exists()


def test_a_redirect_is_not_followed(webhook: Webhook, receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [307], {"Location": receiver.url}
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert send_messages() == 0
    assert len(receiver.requests) == 1


def test_410_ends_the_webhook_and_all_that_waits(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    receiver.statuses = [410]
    for _number in range(2):
        send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_messages()
    issued_pat(alice, application)
    send_messages()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures_to_tell) == (Webhook.State.ENDED, 1)
    assert len(receiver.requests) == 1
    assert set(WebhookDelivery.objects.values_list("state", "next_at")) == {(State.FAILED, None)}
    ended = AuditEvent.objects.get(action="webhook:end")
    assert (ended.actor_type, ended.target_id) == ("service", str(webhook.pk))


def both_posted(webhook: Webhook) -> list[sending.Attempt]:
    """Two messages of the webhook, each posted by a process of its own."""
    now = timezone.now()
    for _number in range(2):
        send_test(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    return [attempt for _process in range(2) if (attempt := sending.claimed(webhook, now))]


def test_a_message_that_was_given_up_while_another_process_posted_it_does_not_wait_again(webhook: Webhook) -> None:
    ended, posted = both_posted(webhook)
    sending.store_answer(webhook.pk, ended, Answer(status=410), timezone.now())
    sending.store_answer(webhook.pk, posted, Answer(status=500), timezone.now())
    posted.delivery.refresh_from_db()
    found = (posted.delivery.state, posted.delivery.next_at, posted.delivery.attempts, posted.delivery.last_status)
    assert found == (State.FAILED, None, 1, 500)
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures_to_tell) == (Webhook.State.ENDED, 1)


def test_a_webhook_that_two_processes_hear_410_for_ends_once(webhook: Webhook) -> None:
    for attempt in both_posted(webhook):
        sending.store_answer(webhook.pk, attempt, Answer(status=410), timezone.now())
    assert AuditEvent.objects.filter(action="webhook:end").count() == 1


def test_a_message_that_was_taken_after_it_was_given_up_is_delivered(webhook: Webhook) -> None:
    ended, posted = both_posted(webhook)
    sending.store_answer(webhook.pk, ended, Answer(status=410), timezone.now())
    sending.store_answer(webhook.pk, posted, Answer(status=200), timezone.now())
    posted.delivery.refresh_from_db()
    assert (posted.delivery.state, posted.delivery.next_at) == (State.DELIVERED, None)


def test_410_of_an_address_that_was_changed_meanwhile_ends_nothing(webhook: Webhook) -> None:
    posted, _waiting = both_posted(webhook)
    now = timezone.now()
    update_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=now, url="https://example.com/new")
    sending.store_answer(webhook.pk, posted, Answer(status=410), now)
    webhook.refresh_from_db()
    posted.delivery.refresh_from_db()
    assert (webhook.state, posted.delivery.state) == (Webhook.State.ACTIVE, State.WAITING)


def test_two_secrets_sign_for_a_day_while_one_is_replaced(
    webhook: Webhook, secret: list[str], receiver: Receiver
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _webhook, new = replace_secret(actor=OPERATOR, webhook_id=webhook.pk, now=NOON)
        for after in (timedelta(0), 24 * HOUR - SECOND, 24 * HOUR):
            clock.move_to(NOON + after)
            send_test(actor=OPERATOR, webhook_id=webhook.pk, now=NOON + after)
            send_messages()
    assert [is_signed(request, new) for request in receiver.requests] == [True] * 3
    assert [is_signed(request, secret[0]) for request in receiver.requests] == [True, True, False]


def test_what_a_receiver_knows_goes_on_signing_where_a_new_secret_was_lost_and_is_replaced_too(
    webhook: Webhook, secret: list[str], receiver: Receiver
) -> None:
    with time_machine.travel(NOON, tick=False):
        for _time in range(4):
            secret.append(replace_secret(actor=OPERATOR, webhook_id=webhook.pk, now=NOON)[1])
            send_test(actor=OPERATOR, webhook_id=webhook.pk, now=NOON)
            send_messages()
    *_between, thrice, last = receiver.requests
    assert [is_signed(thrice, one) for one in secret] == [True, True, True, True, False]
    assert [is_signed(last, one) for one in secret] == [False, True, True, True, True]


def test_a_secret_that_cannot_be_read_any_more_is_replaced_by_one_that_signs(
    webhook: Webhook, receiver: Receiver, settings: Any
) -> None:
    settings.SECRET_KEY = "another key, of which the service knows nothing more"
    replaced, new = replace_secret(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert not replaced.has_former_secret(timezone.now())
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_messages()
    (request,) = receiver.requests
    assert is_signed(request, new)


def test_a_former_secret_can_be_ended_at_once(webhook: Webhook, secret: list[str], receiver: Receiver) -> None:
    now = timezone.now()
    assert not end_former_secret(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    replace_secret(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    assert end_former_secret(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    send_messages()
    (request,) = receiver.requests
    assert not is_signed(request, secret[0])


def test_a_secret_under_a_key_that_is_gone_signs_nothing(webhook: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.SECRET_KEY = "another key, of which the service knows nothing more"
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_messages()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_fault, receiver.requests) == (State.WAITING, "no_secret", [])


def test_a_paused_webhook_is_told_nothing_and_keeps_what_waits(
    webhook: Webhook, receiver: Receiver, alice: User, application: TrustedApplication
) -> None:
    now = timezone.now()
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    assert set_paused(actor=OPERATOR, webhook_id=webhook.pk, now=now, is_paused=True)
    # One that was paused, or taken by another process, since it was found.
    assert note_for(webhook.pk, now) == 0
    assert not set_paused(actor=OPERATOR, webhook_id=webhook.pk, now=now, is_paused=True)
    token = issued_pat(alice, application).token
    assert send_messages() == 0
    assert not send_test(actor=OPERATOR, webhook_id=webhook.pk, now=now)
    assert not repeat_delivery(actor=OPERATOR, delivery=WebhookDelivery.objects.get(), now=now)
    assert set_paused(actor=OPERATOR, webhook_id=webhook.pk, now=now, is_paused=False)
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())
    send_messages()
    assert types_told(receiver) == ["webhook.test", "token.revoked"]


def test_a_message_is_sent_again_with_the_same_id_and_all_its_tries(webhook: Webhook, receiver: Receiver) -> None:
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    send_messages()
    delivery = WebhookDelivery.objects.get()
    receiver.statuses = [500]
    for _time in range(2):
        assert repeat_delivery(actor=OPERATOR, delivery=delivery, now=timezone.now())
        assert OutboxEntry.objects.get().attempts == 0
        send_messages()
    first, second, third = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    assert told(receiver)[0] == told(receiver)[2]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 3)
    assert not OutboxEntry.objects.exists()


def test_a_slow_receiver_holds_up_no_other(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers.clear()
    with another_receiver() as other:
        second, _secret = create_webhook(actor=OPERATOR, now=timezone.now(), url=other.url, types=["token.issued"])
        for webhook_id in (webhook.pk, second.pk, second.pk, second.pk):
            send_test(actor=OPERATOR, webhook_id=webhook_id, now=timezone.now())
        # The slow one answers when the other has been told everything.
        other.when_told(3, receiver.answers.set)
        assert send_messages() == 4
    assert (len(receiver.requests), len(other.requests)) == (1, 3)


def test_who_waits_for_a_slow_receiver_tells_others_what_is_due_meanwhile(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers.clear()
    with another_receiver() as other:
        second, _secret = create_webhook(actor=OPERATOR, now=timezone.now(), url=other.url, types=["token.issued"])
        for webhook_id in (webhook.pk, second.pk):
            send_test(actor=OPERATOR, webhook_id=webhook_id, now=timezone.now())
        OutboxEntry.objects.filter(queue=second.queue).update(due_at=timezone.now() + SECOND)
        # Else the slow one gets no answer in time.
        other.when_told(1, receiver.answers.set)
        assert send_messages() == 2


def test_a_message_that_another_process_posts_is_left_to_it(webhook: Webhook, receiver: Receiver) -> None:
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert sending.claimed(webhook, timezone.now())
    assert send_messages() == 0
    with time_machine.travel(timezone.now() + sending.CLAIMED_FOR + SECOND):
        # That process has ended meanwhile.
        assert send_messages() == 1


def test_nothing_comes_of_an_answer_for_a_webhook_that_was_deleted(webhook: Webhook, receiver: Receiver) -> None:
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    attempt = sending.claimed(webhook, timezone.now())
    assert attempt
    assert delete_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert not delete_webhook(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert not sending.store_answer(webhook.pk, attempt, Answer(status=200), timezone.now())
    assert (WebhookDelivery.objects.count(), OutboxEntry.objects.count()) == (0, 0)


def test_a_process_that_ends_posts_nothing_more(webhook: Webhook, receiver: Receiver) -> None:
    send_test(actor=OPERATOR, webhook_id=webhook.pk, now=timezone.now())
    assert send_messages(lambda: False) == 0
    assert receiver.requests == []
