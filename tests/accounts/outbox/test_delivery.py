"""The outbox sends the entries of the kinds that apps registered."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import OutboxEntry
from accounts.outbox.delivery import mails_due, mails_waiting, send_due_mails

pytestmark = [pytest.mark.django_db, pytest.mark.mails_wait]


def test_an_entry_of_a_kind_of_another_version_waits_untouched() -> None:
    now = timezone.now()
    OutboxEntry.objects.create(kind="webhook_of_tomorrow", created_at=now, due_at=now)
    assert (send_due_mails(), mails_due(), mails_waiting()) == (0, 0, 1)
    assert OutboxEntry.objects.get().attempts == 0
