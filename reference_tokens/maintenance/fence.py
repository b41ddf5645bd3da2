"""The part of housekeeping that holds the fence against the database, and what Home and checks say of it (RUN-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from reference_tokens.fence.place import REDIS, fence, has_fence
from reference_tokens.maintenance.audit_log import note_outcome
from reference_tokens.maintenance.audit_log_places import check_place
from reference_tokens.models import FenceLine
from reference_tokens.restoring.holding import covers, hold_if_possible

if TYPE_CHECKING:
    from datetime import datetime

# The name of the lease that holds when it last failed.
FENCE = "fence"


def look_after_fence(now: datetime) -> str:
    """Hold the fence against the database; what keeps it from that is noted for Home, and stops nothing else."""
    if not has_fence():
        return ""
    fault = hold_if_possible(now)
    note_outcome(FENCE, fault, now)
    return fault


def check_fence() -> str:
    """It takes lines, and it is the one that the database knows; nothing is written."""
    if not has_fence():
        return "none"
    where = "Redis" if settings.FENCE_FILE == REDIS else check_place(settings.FENCE_FILE)
    place = fence().end().place
    known = "which the database knows" if covers() else "which the database is yet to be held against"
    return f"{where}, up to {place}, {known}, lines that wait: {FenceLine.objects.count()}"
