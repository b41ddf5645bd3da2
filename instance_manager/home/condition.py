"""The condition of the instance: whether it can work, what it runs on, and whether housekeeping is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.database.name import database_name
from reference_tokens.endpoints.health import what_is_missing, what_is_unprotected
from reference_tokens.fence.place import has_fence
from reference_tokens.lists.rows import Badge
from reference_tokens.maintenance.audit_log import ANCHOR, LOG, STREAM
from reference_tokens.maintenance.fence import FENCE
from reference_tokens.maintenance.housekeeping import HOUSEKEEPING, LastRuns, last_runs
from reference_tokens.models import FenceLine

if TYPE_CHECKING:
    from datetime import datetime

HOUSEKEEPING_OVERDUE = timedelta(hours=3)


class Condition(NamedTuple):
    """What Home says of the instance itself."""

    health: Badge
    # Without which tokens cannot be validated; empty where nothing lacks.
    missing: str
    # Without which the audit log can be changed; empty where nothing lacks.
    unprotected: str
    version: str
    database: str
    housekept: LastRuns
    housekeeping: Badge | None
    # What to do about housekeeping that is not done, and about what it found; empty where nothing is.
    warnings: list[str]


def condition(now: datetime) -> Condition:
    """The condition of the instance now."""
    missing, unprotected = what_is_missing(), what_is_unprotected()
    housekept, log, anchor, stream, fence = last_runs(HOUSEKEEPING, LOG, ANCHOR, STREAM, FENCE)
    return Condition(
        health=Badge(_("Not ready"), "bad") if missing or unprotected else Badge(_("Ready"), "ok"),
        missing=missing,
        unprotected=unprotected,
        version=settings.VERSION,
        database=database_name(),
        housekept=housekept,
        housekeeping=housekeeping_badge(housekept, now),
        warnings=[
            *filter(None, [housekeeping_warning(housekept, now)]),
            *audit_log_warnings(log, anchor, stream),
            *fence_warnings(fence),
        ],
    )


def is_overdue(runs: LastRuns, now: datetime) -> bool:
    """Whether housekeeping, which the server processes do every hour, has not been done for long."""
    return runs.done_at is not None and runs.done_at <= now - HOUSEKEEPING_OVERDUE


def housekeeping_badge(runs: LastRuns, now: datetime) -> Badge | None:
    """How the last housekeeping went; None where there was none."""
    if runs.has_failed:
        return Badge(_("Failed"), "bad")
    if is_overdue(runs, now):
        return Badge(_("Overdue"), "warn")
    return Badge(_("Done"), "ok") if runs.done_at else None


def housekeeping_warning(runs: LastRuns, now: datetime) -> str:
    """What follows from housekeeping that is not done, and where it is said why; empty where it is done."""
    if is_overdue(runs, now):
        return _("Housekeeping is overdue, so mails about tokens that expire soon are not sent. The log says why.")
    if runs.has_failed:
        return _("The last housekeeping failed. It is tried again every five minutes. The log says why.")
    return ""


def audit_log_warnings(log: LastRuns, anchor: LastRuns, stream: LastRuns) -> list[str]:
    """What housekeeping found wrong with the audit log when it was last done, and a stream of it that fails."""
    texts = {
        _(
            "The audit log is not as it was written. The log of the service and the command verify_audit_log say how."
        ): log,
        _("The audit log could not be anchored where AUDIT_ANCHOR says. The log of the service says why."): anchor,
    }
    if settings.AUDIT_STREAM:
        texts[_("The audit log cannot be sent where AUDIT_STREAM leads. The log of the service says why.")] = stream
    return [text for text, runs in texts.items() if runs.has_failed]


def fence_warnings(runs: LastRuns) -> list[str]:
    """Why a restore might bring a revoked token back, though there is a fence."""
    if not has_fence():
        return []
    if count := FenceLine.objects.count():
        return [
            ngettext(
                "FENCE_FILE lacks %(count)d line: a restore could bring back what it tells of. The log says why.",
                "FENCE_FILE lacks %(count)d lines: a restore could bring back what they tell of. The log says why.",
                count,
            )
            % {"count": count}
        ]
    return [_("FENCE_FILE is not as the database knew it. The log of the service says why.")] if runs.has_failed else []
