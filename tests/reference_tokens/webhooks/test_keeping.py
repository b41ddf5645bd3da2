"""Messages that are done with are kept for a while, and the others until they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from reference_tokens.models import Webhook, WebhookDelivery
from tests.command_line import Runner
from tests.factories import delivery_made

pytestmark = pytest.mark.django_db


def test_a_message_goes_30_days_after_it_was_delivered_or_given_up(command: Runner, webhook: Webhook) -> None:
    now, waits = timezone.now(), delivery_made(webhook)
    for state in ("delivered", "failed"):
        for days in (29, 31):
            done = delivery_made(webhook)
            WebhookDelivery.objects.filter(pk=done.pk).update(state=state, done_at=now - timedelta(days=days))
    WebhookDelivery.objects.filter(pk=waits.pk).update(created_at=now - timedelta(days=31))
    removed = command("housekeeping", "--json").json["removed"]["webhook_deliveries"]
    assert (removed, WebhookDelivery.objects.count()) == (2, 3)
    assert WebhookDelivery.objects.filter(pk=waits.pk).exists()
