"""The signature of the end of the audit log, made by each housekeeping: a shorter log does not fit it (AUD-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from accounts.audit.marks import BEGINNING, PRUNED, SIGNED, Place, find_mark, set_mark
from accounts.audit.proofs import FIRST_SIGNED, LOG, require_pruned, require_signed
from accounts.audit.record import OPERATOR, SERVICE, record_event
from accounts.audit.walk import find_head, hash_at, last_seq
from accounts.database.audit_triggers import execute, laying, removal
from accounts.models import AuditHead, AuditStream

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.breaks import Break


def require_fitting() -> None:
    """Raise `Broken` where the end that was signed last is not there any more; a look at one entry.

    Nothing is signed over it then: the new signature would prove the log that somebody has made.
    """
    pruned, signed = find_mark(PRUNED), find_mark(SIGNED)
    head = find_head()
    require_pruned(pruned, head)
    there = hash_at(signed.place.seq) if signed else None
    require_signed(signed, head, there, is_pruned=pruned is not None)


def sign_head(now: datetime) -> None:
    """Sign the head of a log that fits, if it has an entry; that it is signed for the first time is an entry too."""
    with transaction.atomic():
        if not find_head().seq:
            return
        if find_mark(SIGNED) is None:
            record_event(SERVICE, FIRST_SIGNED, LOG, now=now, details={})
        set_marks(now)


def accept_as_it_is(broken: Break, now: datetime) -> None:
    """Lay the triggers again and sign the end, whatever is there; what did not fit stands in the log from now on."""
    with transaction.atomic():
        execute(connection, removal(connection.vendor))
        move_head_to_last()
        execute(connection, laying(connection.vendor))
        record_event(OPERATOR, "audit_log:accept", LOG, now=now, details=broken._asdict())
        set_marks(now)


def move_head_to_last() -> None:
    """Let the log go on from the last entry that is there: after another one nothing could be written, or would fit.

    The stream goes on there too: what is written from now on takes the numbers of what is gone.
    """
    last, pruned = last_seq(), find_mark(PRUNED)
    hash_ = hash_at(last)
    end = Place(last, hash_) if hash_ else pruned.place if pruned else BEGINNING
    AuditHead.objects.update_or_create(defaults={"seq": end.seq, "hash": end.hash})
    AuditStream.objects.filter(sent_through__gt=end.seq).update(sent_through=end.seq)


def set_marks(now: datetime) -> None:
    """Sign the head, and again what is pruned: under today's first key, since an older one may be on its way out."""
    set_mark(SIGNED, find_head(), now)
    pruned = find_mark(PRUNED)
    if pruned is not None:
        set_mark(PRUNED, pruned.place, pruned.set_at)
