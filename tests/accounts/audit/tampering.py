"""The audit log under the hands of somebody who has the database, and not the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from accounts.audit.chain import GENESIS_HASH, entry_hash
from accounts.audit.record import OPERATOR, Target, record_event
from accounts.audit.upkeep import Kept, keep_audit_log
from accounts.audit.verification import verify
from accounts.database.audit_triggers import execute, laying, removal
from accounts.models import AuditEvent, AuditHead, AuditMark
from accounts.progress import to_nobody

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
EVENTS, HEAD, MARKS = (model._meta.db_table for model in (AuditEvent, AuditHead, AuditMark))


def recorded(number: int, *, at: datetime = NOON) -> None:
    """So many entries, an hour apart, the first of them at an instant."""
    for hours in range(number):
        with transaction.atomic():
            now = at + timedelta(hours=hours)
            record_event(OPERATOR, "test:act", Target("thing", str(hours)), now=now, details={"number": hours})


def kept(now: datetime = NOON) -> Kept:
    """What one housekeeping does."""
    return keep_audit_log(now, to_nobody)


def tampered(*statements: str) -> None:
    """Take the triggers away, do what they refuse, and lay them again, so that nobody sees it by them."""
    execute(connection, [*removal(connection.vendor), *statements, *laying(connection.vendor)])


def written_anew(since: int) -> None:
    """Give each entry from a number on the hash of the one before it, and the head that of the last one."""
    execute(connection, removal(connection.vendor))
    last_hash = entry_hash(AuditEvent.objects.get(seq=since - 1)) if since > 1 else GENESIS_HASH
    for event in AuditEvent.objects.filter(seq__gte=since).order_by("seq"):
        AuditEvent.objects.filter(seq=event.seq).update(previous_hash=last_hash)
        event.previous_hash = last_hash
        last_hash = entry_hash(event)
        AuditHead.objects.update(seq=event.seq, hash=last_hash)
    execute(connection, laying(connection.vendor))


def found() -> tuple[str, int] | None:
    """What the verification names: the kind, and the number of the entry."""
    broken = verify().broken
    return (broken.kind, broken.seq) if broken else None
