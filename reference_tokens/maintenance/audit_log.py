"""The part of housekeeping that looks after the audit log, and what it last found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit.upkeep import Kept, keep_audit_log
from reference_tokens.models import Lease

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.progress import Report

# The names of the leases that hold when each last failed; there is none of what never did.
LOG, ANCHOR, STREAM = "audit log", "anchor of the audit log", "stream of the audit log"


def look_after_audit_log(now: datetime, report: Report) -> Kept:
    """Prune, sign and anchor the audit log; what keeps it from that is noted for Home, and stops nothing else."""
    kept = keep_audit_log(now, report)
    note_outcome(LOG, kept.broken, now)
    note_outcome(ANCHOR, kept.anchor_fault, now)
    return kept


def note_outcome(name: str, fault: str, now: datetime) -> None:
    """Note that it failed now, or that it does so no more."""
    if fault:
        Lease.objects.update_or_create(
            name=name, defaults={"failed_at": now}, create_defaults={"failed_at": now, "until": now}
        )
    else:
        Lease.objects.filter(name=name).update(done_at=now)
