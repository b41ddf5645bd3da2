"""The row of a webhook: locked, as forms and the audit log know it, and the wake of the thread that sends for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit.record import Target
from accounts.models import OutboxEntry
from reference_tokens.models import Webhook, WebhookDelivery

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# Set after a commit that changed a webhook or stored a message; the thread that sends waits for it.
messages_are_due = threading.Event()


def wake_after_commit() -> None:
    """Let this process send soon after the commit."""
    transaction.on_commit(messages_are_due.set)


def locked(webhook_id: UUID) -> Webhook:
    """The webhook as it is now, locked until the transaction ends; raises `Webhook.DoesNotExist`."""
    return Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("application").get(pk=webhook_id)


def webhook_target(webhook: Webhook) -> Target:
    """The webhook as the audit log names it."""
    return Target("webhook", str(webhook.pk))


def webhook_settings(webhook: Webhook) -> dict[str, Any]:
    """What a form edits of it."""
    return {
        "url": webhook.url,
        "types": list(webhook.types),
        "application": webhook.application.application_uri if webhook.application else None,
        "description": webhook.description,
    }


def recorded(webhook: Webhook) -> dict[str, Any]:
    """Its settings as the audit log keeps them: with the host alone of its address."""
    return webhook_settings(webhook) | {"url": webhook.host}


def drop_messages(webhook: Webhook, now: datetime) -> None:
    """Give up the messages that wait; each can be sent again."""
    OutboxEntry.objects.filter(queue=webhook.queue).delete()
    waiting = webhook.deliveries.filter(state=WebhookDelivery.State.WAITING)
    waiting.update(state=WebhookDelivery.State.FAILED, next_at=None, done_at=now)
