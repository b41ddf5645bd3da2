"""Sending the messages of webhooks that are due: one of each webhook at a time, and several webhooks side by side.

A message is claimed before it is posted. A process that ends in between leaves it to be posted again: a receiver may
get a message twice, by the same id, and misses none. The threads that post know no database.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import SERVICE, record_event
from accounts.models import OutboxEntry
from accounts.outbox.delivery import claim_next
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.noting import active_webhooks, note_what_happened
from reference_tokens.webhooks.posting import Answer, Message, post
from reference_tokens.webhooks.rows import drop_messages, webhook_target
from reference_tokens.webhooks.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

State = WebhookDelivery.State

# After the first try, the second, and so on; then the message is given up (contract 4.9).
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *[timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)],
)
# Longer than any message waits for a thread and an answer.
CLAIMED_FOR = timedelta(minutes=10)
POSTED_AT_ONCE = 8
SECONDS_BETWEEN_LOOKS = 1
_slots = threading.BoundedSemaphore(POSTED_AT_ONCE)
Answers = SimpleQueue[tuple["UUID", Answer]]


class Attempt(NamedTuple):
    """A message that is being posted, and where."""

    entry: OutboxEntry
    delivery: WebhookDelivery
    url: str


def send_messages(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Note what happened, and post what is due; returns how many messages were delivered.

    When it may not go on, it waits for the answers of those that were posted.
    """
    answers: Answers = SimpleQueue()
    posted: dict[UUID, Attempt] = {}
    delivered = 0
    while True:
        if may_go_on():
            note_what_happened(timezone.now())
            for webhook in active_webhooks():
                if webhook.pk not in posted and (attempt := claimed(webhook, timezone.now())):
                    posted[webhook.pk] = attempt
                    begin_posting(webhook, attempt.delivery, answers)
        if not posted:
            return delivered
        # Not until a slow receiver answers: others may have something to be told meanwhile.
        with suppress(Empty):
            webhook_id, answer = answers.get(timeout=SECONDS_BETWEEN_LOOKS)
            delivered += store_answer(webhook_id, posted.pop(webhook_id), answer, timezone.now())


def claimed(webhook: Webhook, now: datetime) -> Attempt | None:
    """The next message of a webhook that is due, which nobody else posts meanwhile; None where there is none."""
    entry = claim_next(now, webhook.queue, (CLAIMED_FOR,))
    delivery = WebhookDelivery.objects.filter(pk=entry.reference or 0).first() if entry else None
    return Attempt(entry, delivery, webhook.url) if entry and delivery else None


def begin_posting(webhook: Webhook, delivery: WebhookDelivery, answers: Answers) -> None:
    """Let a thread post a message, signed now, and put into the queue what came of it."""
    message_id, body = str(delivery.message_id), delivery.payload
    try:
        message = Message(webhook.url, signed_headers(webhook, message_id, body, timezone.now()), body)
    except InvalidToken:
        answers.put((webhook.pk, Answer(fault=WebhookDelivery.Fault.NO_SECRET)))
        return
    # It ends with the process: the message is posted again.
    threading.Thread(target=post_one, args=(webhook.pk, message, answers), name="webhook", daemon=True).start()


def post_one(webhook_id: UUID, message: Message, answers: Answers) -> None:
    """Post a message when there is a slot."""
    answer = Answer(fault=WebhookDelivery.Fault.NO_CONNECTION)
    try:
        with _slots:
            answer = post(message)
    finally:
        answers.put((webhook_id, answer))


@transaction.atomic
def store_answer(webhook_id: UUID, attempt: Attempt, answer: Answer, now: datetime) -> bool:
    """Store what came of a message; returns whether it was delivered. The webhook may be gone by now."""
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    if webhook is None:
        return False
    # As it is now: another process may have ended the webhook meanwhile, or somebody may have sent it again.
    delivery = webhook.deliveries.get(pk=attempt.delivery.pk)
    delivery.attempts += 1
    delivery.last_status, delivery.last_fault = answer.status, answer.fault
    waits = OutboxEntry.objects.filter(pk=attempt.entry.pk).exists()
    if waits or answer.is_success:
        settle(attempt.entry, delivery, answer, now)
    delivery.save(update_fields=["attempts", "last_status", "last_fault", "next_at", "done_at", "state"])
    if answer.status == HTTPStatus.GONE and attempt.url == webhook.url and webhook.state != Webhook.State.ENDED:
        end_webhook(webhook, now)
    elif waits and delivery.state == State.FAILED:
        webhook.failures_to_tell += 1
        webhook.save(update_fields=["failures_to_tell"])
    return answer.is_success


def settle(entry: OutboxEntry, delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    """Say what becomes of a message: it is delivered, tried again, or given up."""
    delivery.next_at = None if answer.is_success else next_try(entry, now)
    delivery.done_at = None if delivery.next_at else now
    if delivery.next_at:
        OutboxEntry.objects.filter(pk=entry.pk).update(due_at=delivery.next_at)
    else:
        delivery.state = State.DELIVERED if answer.is_success else State.FAILED
        entry.delete()


def next_try(entry: OutboxEntry, now: datetime) -> datetime | None:
    """When a message that was not taken is posted again; None where it is given up."""
    return now + PAUSES[entry.attempts - 1] if entry.attempts <= len(PAUSES) else None


def end_webhook(webhook: Webhook, now: datetime) -> None:
    """End a webhook whose receiver wants no more messages, with all that wait."""
    webhook.state = Webhook.State.ENDED
    webhook.failures_to_tell += 1
    webhook.save(update_fields=["state", "failures_to_tell"])
    drop_messages(webhook, now)
    record_event(SERVICE, "webhook:end", webhook_target(webhook), now=now, details={"host": webhook.host})
