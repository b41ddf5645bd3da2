"""Tokens that nobody uses (TOK-14): their owners are warned, then they are suspended; never deleted.

A token is counted from its issue, its last use or its last resumption, whichever came last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit.record import SERVICE
from accounts.database.locks import let_others_write
from accounts.progress import Report, to_nobody
from accounts.text.reasons import Reason
from reference_tokens.lifecycle.reason_codes import ReasonCode
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.lifecycle.suspension import SUSPENSION
from reference_tokens.lifecycle.withdrawal import withdraw_locked
from reference_tokens.models import Notice, ReferenceToken
from reference_tokens.models.portions import TokenIds
from reference_tokens.notices.due import is_unused_for_too_long, is_unwarned, unused_period, usable
from reference_tokens.notices.noting import note

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Q

# So many are warned of or suspended in one transaction, so that no other writer waits for long.
TOKENS_AT_ONCE = 250


def warn_of_unused_tokens(*, now: datetime, report: Report = to_nobody) -> int:
    """Mark the tokens that will be suspended soon, and note a mail to each owner that lists them; returns how many."""
    if not unused_period():
        return 0
    count = 0
    for ids in in_portions(is_unwarned(now), now, _("Unused tokens that will be suspended"), report):
        with transaction.atomic():
            due = still_due(is_unwarned(now), ids, now)
            if due:
                tokens = ReferenceToken.objects.filter(pk__in=due)
                tokens.update(unused_warned_at=now)
                note(Notice.Kind.UNUSED, tokens, cause=notice_cause(ids, now), now=now)
        count += len(due)
    return count


def suspend_unused_tokens(*, now: datetime, report: Report = to_nobody) -> int:
    """Suspend the tokens whose owners were warned in time, and note a mail to each owner that lists them.

    Returns how many.
    """
    if not unused_period():
        return 0
    reason = Reason(str(unused_period().days), ReasonCode.UNUSED)
    count = 0
    for ids in in_portions(is_unused_for_too_long(now), now, _("Unused tokens"), report):
        with transaction.atomic():
            due = still_due(is_unused_for_too_long(now), ids, now)
            if due:
                tokens = ReferenceToken.objects.filter(pk__in=due)
                note(Notice.Kind.SUSPENSION, tokens, cause=notice_cause(ids, now), now=now)
                withdraw_locked(SUSPENSION, due, actor=SERVICE, now=now, reason=reason)
        count += len(due)
    return count


def in_portions(condition: Q, now: datetime, about: str, report: Report) -> Iterator[list[uuid.UUID]]:
    """The ids of usable tokens for which the condition holds, so many at a time; reports how many are worked off."""
    report(about)
    ids, done = ids_by_owner(condition, now), 0
    for portion in ids.portions(TOKENS_AT_ONCE):
        # Asked without a lock first: of those that cannot be used, as of a disabled application, there may be many.
        if ReferenceToken.objects.filter(usable(now), condition, pk__in=portion).exists():
            yield portion
            let_others_write()
        done += len(portion)
        report(about, done, len(ids))


def ids_by_owner(condition: Q, now: datetime) -> TokenIds:
    """The ids of live tokens for which the condition holds, those of one owner together, so that they share a mail.

    Whether they can be used is asked of each portion: among millions, a query of all these tables takes minutes.
    """
    live = ReferenceToken.objects.in_state(ReferenceToken.State.LIVE, now).filter(condition)
    return TokenIds(live.order_by("holder_id", "application_id", "pk"))


def still_due(condition: Q, ids: list[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Lock the tokens of these ids; returns those that can be used and for which the condition holds.

    They are asked for again under the locks: one may have been used meanwhile, or another process was first.
    """
    lock_rows(ReferenceToken.objects.filter(pk__in=ids))
    due = ReferenceToken.objects.filter(usable(now), condition, pk__in=ids)
    return list(due.order_by("pk").values_list("pk", flat=True))


def notice_cause(ids: list[uuid.UUID], now: datetime) -> str:
    """The cause by which a mail about these tokens is noted once."""
    return f"{ids[0]} {now.isoformat()}"
