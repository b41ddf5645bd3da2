"""What waits to be done, and when it was last done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Min

from accounts.audit.streaming.stream import entries_that_wait
from accounts.models import OutboxEntry
from accounts.outbox.entries import MAILS
from reference_tokens.endpoints.metrics.exposition import Metric, gauge
from reference_tokens.maintenance.audit_log import LOG
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, last_runs

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def work(now: datetime) -> list[Metric]:
    """Mails, messages of webhooks, entries of the audit log, and housekeeping."""
    entries = OutboxEntry.objects.all()
    return [
        *housekeeping(),
        *waiting(entries.filter(queue=MAILS), "mails", "Mails", now),
        *waiting(entries.filter(queue__gt=MAILS), "webhook_messages", "Messages of webhooks", now),
        gauge(
            "audit_entries_waiting",
            "Entries of the audit log that are yet to be sent where AUDIT_STREAM leads.",
            entries_that_wait() if settings.AUDIT_STREAM else None,
        ),
    ]


def waiting(entries: QuerySet[OutboxEntry], name: str, title: str, now: datetime) -> list[Metric]:
    """How many of the entries wait, and for how long the oldest has."""
    found = entries.aggregate(number=Count("pk"), oldest=Min("created_at"))
    age = max((now - found["oldest"]).total_seconds(), 0.0) if found["oldest"] else 0.0
    return [
        gauge(f"{name}_waiting", f"{title} that are yet to be sent.", found["number"]),
        gauge(f"{name}_oldest_age_seconds", f"{title}: for how long the oldest has waited; 0 where none waits.", age),
    ]


def housekeeping() -> list[Metric]:
    """When it was last done, whether the last one failed, and whether the audit log fitted then."""
    runs, log = last_runs(HOUSEKEEPING, LOG)
    return [
        gauge(
            "housekeeping_timestamp_seconds",
            "When housekeeping was last done (Unix time).",
            int(runs.done_at.timestamp()) if runs.done_at else None,
        ),
        gauge("housekeeping_failed", "Whether the last housekeeping failed.", int(runs.has_failed)),
        gauge(
            "audit_log_broken",
            "Whether the last housekeeping found that the audit log is not as it was written.",
            int(log.has_failed),
        ),
    ]
