"""Sending a message to try a webhook, and sending one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit.record import Actor, record_event
from accounts.models import OutboxEntry
from accounts.outbox.entries import add_to_queue
from reference_tokens.models import WebhookDelivery
from reference_tokens.models.webhooks import TEST_TYPE
from reference_tokens.webhooks.bodies import message
from reference_tokens.webhooks.noting import KIND, add_messages
from reference_tokens.webhooks.rows import locked, wake_after_commit, webhook_target

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def send_test(*, actor: Actor, webhook_id: UUID, now: datetime) -> bool:
    """Store a message that tries the address of an active webhook; returns whether it was active."""
    with transaction.atomic():
        webhook = locked(webhook_id)
        if not webhook.is_active:
            return False
        body = message(TEST_TYPE, now, {"webhook": str(webhook.pk), "description": webhook.description})
        add_messages(webhook, [(TEST_TYPE, body)], now)
        record_event(actor, "webhook:test", webhook_target(webhook), now=now, details={"host": webhook.host})
        wake_after_commit()
    return True


def repeat_delivery(*, actor: Actor, delivery: WebhookDelivery, now: datetime) -> bool:
    """Send a message again, soon and with all its tries; returns whether its webhook was active."""
    with transaction.atomic():
        webhook = locked(delivery.webhook_id)
        if not webhook.is_active:
            return False
        OutboxEntry.objects.filter(queue=webhook.queue, reference=delivery.pk).delete()
        add_to_queue(webhook.queue, KIND, [delivery.pk], now=now)
        waiting = {"state": WebhookDelivery.State.WAITING, "next_at": now, "done_at": None}
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**waiting)
        details = {"host": webhook.host, "message": str(delivery.message_id)}
        record_event(actor, "webhook:repeat", webhook_target(webhook), now=now, details=details)
        wake_after_commit()
    return True
