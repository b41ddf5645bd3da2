"""Requests that name an account: answered behind the response, which is the same for any account (ASVS v5.0.0-6.3.8).

The request stores the same entry for any name; what tells names apart is found out later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import OutboxEntry
from accounts.outbox.entries import add_sealed, content_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from accounts.outbox.kinds import RequestKind


def queue_request(kind: str, *, now: datetime, lifetime: timedelta, **named: object) -> None:
    """Store a request, to be answered soon; one that could not be answered in its lifetime is not (T50)."""
    add_sealed(kind, named, now=now, lifetime=lifetime)


def answer_request(entry: OutboxEntry, kind: RequestKind) -> None:
    """Answer the request of an entry, once."""
    named = content_of(entry)
    with transaction.atomic():
        # A process that takes longer than the pause after a claim finds the entry answered by another.
        if OutboxEntry.objects.filter(pk=entry.pk).delete()[0]:
            kind.answer(**named, now=entry.created_at)
