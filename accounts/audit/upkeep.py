"""What housekeeping does with the audit log: it prunes what is too old, signs its end, and anchors that outside.

A log that does not fit is neither pruned nor signed: that would hide what was done to it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from accounts.audit.anchors import write_anchor
from accounts.audit.breaks import Broken
from accounts.audit.pruning import prune_entries
from accounts.audit.signing import require_fitting, sign_head

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.progress import Report

logger = logging.getLogger(__name__)


class Kept(NamedTuple):
    """What was done: how many entries were pruned; and what does not fit, or keeps the anchor from being written."""

    pruned: int
    broken: str
    anchor_fault: str


def keep_audit_log(now: datetime, report: Report) -> Kept:
    """Look after the audit log; a fault is logged and told, and stops nothing else."""
    pruned, broken = 0, ""
    try:
        require_fitting()
        pruned = prune_entries(now, report)
        sign_head(now)
    except Broken as error:
        broken = str(error)
        logger.warning("the audit log is not as it was written: %s (%s verify_audit_log)", error, settings.COMMAND)
    return Kept(pruned, broken, anchor_fault=anchored(now))


def anchored(now: datetime) -> str:
    """Write the anchor, where one is set; returns what keeps it from being written, or nothing."""
    if not settings.AUDIT_ANCHOR:
        return ""
    try:
        write_anchor(now)
    except (OSError, Broken) as error:
        logger.warning("AUDIT_ANCHOR: the anchor of the audit log could not be written: %s", error)
        return str(error)
    return ""
