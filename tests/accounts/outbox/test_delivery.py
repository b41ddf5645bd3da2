"""The outbox sends the entries of the kinds that apps registered."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import OutboxEntry
from accounts.outbox.delivery import due_entries, mails_due, mails_waiting, send_due_mails
from accounts.outbox.entries import add_references
from tests.introspection import plan

pytestmark = [pytest.mark.django_db, pytest.mark.mails_wait]


def test_an_entry_of_a_kind_of_another_version_waits_untouched() -> None:
    now = timezone.now()
    OutboxEntry.objects.create(kind="webhook_of_tomorrow", is_urgent=True, created_at=now, due_at=now)
    assert (send_due_mails(), mails_due(), mails_waiting()) == (0, 0, 1)
    assert OutboxEntry.objects.get().attempts == 0


def test_nothing_is_stored_of_a_kind_that_no_app_registered() -> None:
    with pytest.raises(KeyError):
        add_references("webhook_of_tomorrow", OutboxEntry.objects.none(), now=timezone.now())


def test_the_next_entry_is_found_by_an_index_however_many_wait() -> None:
    query = due_entries(timezone.now()).order_by("-is_urgent", "due_at", "pk")[:1]
    assert "outbox_entry_due" in plan(query)
    assert "TEMP B-TREE" not in plan(query)
