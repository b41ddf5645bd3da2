"""Pruning the audit log by age: the oldest entries go, and the chain is verifiable from the mark on (AUD-2)."""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.marks import PRUNED, SIGNED, find_mark, set_mark
from accounts.audit.proofs import LOG, require_pruned
from accounts.audit.record import SERVICE, record_event
from accounts.audit.walk import find_head, walk
from accounts.database.locks import let_others_write
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.progress import Report

PRUNE = "audit_log:prune"
PORTION = 1000
# So much longer they are kept, and go together: the entry that tells of one each hour would be the next to go.
SLACK = timedelta(days=1)


def prune_entries(now: datetime, report: Report) -> int:
    """Delete the entries older than `AUDIT_DAYS`, in portions; returns how many. 0 days: they are kept for ever."""
    if not settings.AUDIT_DAYS:
        return 0
    oldest = AuditEvent.objects.order_by("seq").values_list("at", flat=True).first()
    before = now - timedelta(days=settings.AUDIT_DAYS)
    if oldest is None or oldest >= before - SLACK:
        return 0
    about, count = _("Old entries of the audit log"), 0
    report(about)
    while pruned := prune_portion(before, now):
        count += pruned
        report(about, count)
        let_others_write()
    return count


def prune_portion(before: datetime, now: datetime) -> int:
    """Delete the oldest entries from before an instant, in one transaction with the entry that tells of it.

    What does not fit is not deleted: raises `Broken`. The last one that is signed stays, to be found there.
    """
    with transaction.atomic():
        signed = find_mark(SIGNED, locked=True)
        head = find_head()
        start = require_pruned(find_mark(PRUNED), head)
        through = min(start.seq + PORTION, signed.place.seq - 1) if signed else start.seq
        # With the one that follows, which holds the hash of the last.
        read = list(walk(start, through + 1, head)) if through > start.seq else []
        old = list(takewhile(lambda entry: entry.at < before, read[:-1]))
        if old:
            last, last_at = old[-1]
            set_mark(PRUNED, last, now)
            AuditEvent.objects.filter(seq__lte=last.seq).delete()
            details = {"entries": len(old), "through": last.seq, "last_at": last_at.isoformat()}
            record_event(SERVICE, PRUNE, LOG, now=now, details=details)
    return len(old)
