"""Housekeeping: mails before an expiry, unused tokens, mails that wait, old rows, the audit log, and the fence.

Each part is safe at any time, twice, and in several processes: it asks again under a lock before it changes anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.database.locks import let_others_write
from accounts.database.page_cache import large_page_cache
from accounts.mailed_links.email_change import EMAIL_CHANGE_LIFETIME
from accounts.mailed_links.password_reset import RESET_LIFETIME
from accounts.models import AttemptCount, EmailChange, PasswordReset, User
from accounts.outbox.delivery import mails_due, mails_waiting, send_due_mails
from accounts.progress import Report, is_watched, to_nobody
from reference_tokens.lifecycle.unused import suspend_unused_tokens, warn_of_unused_tokens
from reference_tokens.maintenance.answers import fold_old_answers
from reference_tokens.maintenance.audit_log import look_after_audit_log
from reference_tokens.maintenance.fence import look_after_fence
from reference_tokens.maintenance.refusals import keep_last_refusals
from reference_tokens.models import (
    DailyUse,
    Lease,
    LookupDigest,
    Notice,
    ReferenceToken,
    RefusalCount,
    RepeatableAnswer,
    WebhookDelivery,
)
from reference_tokens.models.refusals import REFUSALS_KEPT
from reference_tokens.models.repeatable_answers import LIFETIME as ANSWERS_KEPT
from reference_tokens.notices.noting import note_expiries, reachable, with_reachable_owner
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

# The name of its lease, which also holds when it was last done.
HOUSEKEEPING = "housekeeping"
COUNTS_KEPT = timedelta(days=400)
SENT_NOTICES_KEPT = timedelta(days=90)
DELIVERIES_KEPT = timedelta(days=30)
# A request stores its session before the row of its device; younger devices are left alone.
DEVICE_GRACE = timedelta(days=1)
ROWS_AT_ONCE = 1000
# What a portion of tokens lies on, in kilobytes: with 2 MB, SQLite reads most pages anew for each statement.
OF_A_PORTION = 16 * 1024


def do_housekeeping(
    *,
    now: datetime,
    report: Report = to_nobody,
    may_go_on: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """Do all of it; returns the counts of what was done.

    `report` shows progress; `may_go_on` is asked before each mail.
    """
    with large_page_cache(OF_A_PORTION):
        expiry_mails = note_expiries(now=now, report=report)
        warned = warn_of_unused_tokens(now=now, report=report)
        suspended = suspend_unused_tokens(now=now, report=report)
    total = mails_due() if is_watched(report) else None
    sent = send_due_mails(may_go_on=may_go_on, report=report, total=total)
    removed = prune(now, report)
    audit_log = look_after_audit_log(now, report)
    fence_fault = look_after_fence(now)
    Lease.objects.update_or_create(
        name=HOUSEKEEPING, defaults={"done_at": now}, create_defaults={"done_at": now, "until": now}
    )
    return {
        "expiry_mails": expiry_mails,
        "unused_warned": warned,
        "unused_suspended": suspended,
        "mails_sent": sent,
        "mails_waiting": mails_waiting(),
        "removed": removed | {"audit_entries": audit_log.pruned},
        "audit_log_broken": audit_log.broken,
        "anchor_fault": audit_log.anchor_fault,
        "fence_fault": fence_fault,
    }


class LastRuns(NamedTuple):
    """When the last one began that came to its end, and the last one that failed; None where none did."""

    done_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the last one that is over failed."""
        return self.failed_at is not None and (self.done_at is None or self.done_at < self.failed_at)


def last_runs(*names: str) -> list[LastRuns]:
    """The last runs of housekeeping, or of its parts of these names."""
    found = Lease.objects.filter(name__in=names).values_list("name", *LastRuns._fields)
    runs = {name: LastRuns(*instants) for name, *instants in found}
    return [runs.get(name, LastRuns()) for name in names]


def last_done_at() -> datetime | None:
    """When the last complete housekeeping began; None where there was none yet."""
    return last_runs(HOUSEKEEPING)[0].done_at


def prune(now: datetime, report: Report) -> dict[str, int]:
    """Remove the rows that are of no use any more; returns how many of each kind."""
    oldest = (now - COUNTS_KEPT).date()
    remove = partial(remove_rows, report=report)
    sessions = remove(Session.objects.filter(expire_date__lt=now), "expire_date")
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    devices = UserSession.objects.filter(~Exists(alive), last_seen_at__lt=now - DEVICE_GRACE)
    sent = Notice.objects.filter(done_at__lt=now - SENT_NOTICES_KEPT)
    return {
        "daily_uses": remove(DailyUse.objects.filter(day__lt=oldest), "day"),
        "answer_counts": fold_old_answers(oldest),
        "refusals": remove(RefusalCount.objects.filter(minute__lt=now - REFUSALS_KEPT), "minute")
        + keep_last_refusals(last_done_at(), now),
        "sessions": sessions,
        "devices": remove(devices, "last_seen_at"),
        "attempt_counts": remove(AttemptCount.objects.filter(ends_at__lte=now.timestamp()), "ends_at"),
        "email_changes": remove(EmailChange.objects.filter(asked_at__lte=now - EMAIL_CHANGE_LIFETIME), "asked_at"),
        "password_resets": remove(PasswordReset.objects.filter(asked_at__lte=now - RESET_LIFETIME), "asked_at"),
        "notices": remove(sent, "done_at", before=unlink_tokens),
        "webhook_deliveries": remove(WebhookDelivery.objects.filter(done_at__lt=now - DELIVERIES_KEPT), "done_at"),
        "repeatable_answers": remove(RepeatableAnswer.objects.filter(created_at__lte=now - ANSWERS_KEPT), "created_at"),
        # Kept for one address alone, which is closed.
        "lookup_digests": 0 if settings.LEAK_LOOKUP else remove(LookupDigest.objects.all(), "token"),
    }


def remove_rows(
    rows: QuerySet[Any], age: str, *, report: Report, before: Callable[[list[Any]], object] = lambda _ids: None
) -> int:
    """Delete the rows in portions, so that no other writer waits for long; returns how many.

    The oldest by the column `age` come first: its index finds them, and that there are no more. `before` is called with
    the ids of a portion.
    """
    count, portion = 0, rows.order_by(age)
    about = _("What is of no use any more: %(rows)s") % {"rows": rows.model._meta.verbose_name_plural}
    report(about)
    while found := list(portion.values_list("pk", age)[:ROWS_AT_ONCE]):
        ids = [pk for pk, _at in found]
        before(ids)
        rows.model._default_manager.filter(pk__in=ids).delete()  # noqa: SLF001 - as Django's documentation has it
        count += len(ids)
        report(about, count)
        let_others_write()
        # From the last row on: a portion does not read again what an earlier one passed.
        portion = rows.filter(**{f"{age}__gte": found[-1][1]}).order_by(age)
    return count


def unlink_tokens(notices: list[int]) -> None:
    """Delete what links these notices to their tokens, in portions: one mail may be about a hundred thousand."""
    links = Notice.tokens.through.objects
    while ids := list(links.filter(notice__in=notices).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        links.filter(pk__in=ids).delete()
        let_others_write()


def unreachable_owners(now: datetime) -> dict[str, int]:
    """How many people with live tokens, and how many applications with live SATs, no mail can be sent about."""
    live = ReferenceToken.objects.in_state(ReferenceToken.State.LIVE, now)
    pats = live.filter(holder=OuterRef("pk"))
    sats = live.filter(application=OuterRef("pk"), kind=ReferenceToken.Kind.SAT)
    people = User.objects.filter(is_active=True).exclude(pk__in=reachable())
    applications = TrustedApplication.objects.exclude(pk__in=with_reachable_owner())
    return {
        "people_without_address": people.filter(Exists(pats)).count(),
        "applications_without_owner": applications.filter(Exists(sats)).count(),
    }
