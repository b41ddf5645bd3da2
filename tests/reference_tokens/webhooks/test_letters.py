"""Administrators are mailed of messages that were given up, once a day at the most (contract 4.9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from reference_tokens.maintenance.webhook_worker import WebhookWorker, mail_once_a_day
from reference_tokens.models import Webhook
from reference_tokens.webhooks.letters import tell_of_failures
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def ada(administrator: User) -> User:
    administrator.email = "ada@example.com"
    administrator.save()
    return administrator


def failed(webhook: Webhook, count: int) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(failures_to_tell=count)


def test_each_administrator_is_mailed_what_failed_where(ada: User, webhook: Webhook) -> None:
    UserFactory.create(administrator=True, email="other@example.com")
    UserFactory.create(email="nobody@example.com")
    failed(webhook, 3)
    tell_of_failures(timezone.now())
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.com", "other@example.com"]
    assert mail.outbox[0].subject == "3 webhook messages could not be delivered"
    text = str(mail.outbox[0].body)
    assert "http://127.0.0.1" in text
    assert "3 messages" in text
    assert "/hook" not in text
    assert "/manage/security/webhooks/" in text


def test_a_webhook_that_its_receiver_ended_is_told_as_such(ada: User, webhook: Webhook) -> None:
    failed(webhook, 1)
    Webhook.objects.update(state=Webhook.State.ENDED)
    tell_of_failures(timezone.now())
    assert "ended by its receiver (410)" in str(mail.outbox[0].body)


def test_what_fails_later_on_the_same_day_is_told_a_day_later(ada: User, webhook: Webhook) -> None:
    now, told = timezone.now(), []
    for after, count in ((0, 1), (0.5, 2), (0.9, 1), (1.1, 0), (2.5, 0)):
        failed(webhook, count) if count else None
        WebhookWorker().run_once(now + after * DAY)
        told.append(len(mail.outbox))
    assert told == [1, 1, 1, 2, 2]


def test_nobody_is_mailed_where_another_process_was_first(ada: User, webhook: Webhook) -> None:
    mail_once_a_day(timezone.now())
    assert mail.outbox == []
