"""Entries of the audit log as the lines of a file: CSV and JSON Lines of their own, and OCSF for log systems."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import translation

from accounts.audit.queries import last_event_number, portions
from accounts.audit.record import Actor, Target, record_event
from accounts.audit.sentences import ToldEvent, told_events
from accounts.audit.streaming.ocsf import as_ocsf
from accounts.text.row_files import FORMATS

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.queries import EventFilters
    from accounts.text.row_files import Row

READ_AT_ONCE = 1000
# The names of the columns, in their order.
COLUMNS = (
    *("seq", "at", "action", "sentence", "source", "actor_type", "actor_id", "actor"),
    *("target_type", "target_id", "target", "address", "request_id", "details"),
)


def record_export(*, actor: Actor, chosen_by: dict[str, Any], file_format: str, now: datetime) -> None:
    """Write the audit entry of an export, before the first row leaves: an export that breaks off counts too.

    `through` is the number of the newest entry that the file can hold.
    """
    with transaction.atomic():
        details = {"chosen_by": chosen_by, "format": file_format, "through": last_event_number()}
        record_event(actor, "audit_log:export", Target("audit_log", ""), now=now, details=details)


def exported_entries(filters: EventFilters) -> Generator[ToldEvent, None, None]:
    """The entries one by one, newest first; no more than a portion is in memory, and no transaction is open.

    They are in the one language of files and commands, whatever the page around the reader is written in.
    """
    for events in portions(filters, READ_AT_ONCE):
        with translation.override(None):
            told = told_events(events)
        yield from told


def exported_row(told: ToldEvent) -> Row:
    """What a file says of an entry; the instant in UTC, to the microsecond that is hashed."""
    event = told.event
    return {
        "seq": event.seq,
        "at": f"{event.at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        "action": event.action,
        "sentence": told.sentence,
        "source": event.source,
        "actor_type": event.actor_type,
        "actor_id": event.actor_id,
        "actor": told.actor_name,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "target": told.target_name,
        "address": event.address or "",
        "request_id": event.request_id,
        "details": event.details,
    }


class LogFormat(NamedTuple):
    """A format of a file of entries: what it is, how its name ends, and how entries are written."""

    content_type: str
    ending: str
    lines: Callable[[Iterable[ToldEvent]], Generator[str, None, None]]


def in_columns(name: str) -> LogFormat:
    """One of the formats that other lists have too."""
    content_type, lines = FORMATS[name]
    return LogFormat(content_type, name, lambda entries: lines(map(exported_row, entries), COLUMNS))


LOG_FORMATS = {
    "csv": in_columns("csv"),
    "jsonl": in_columns("jsonl"),
    "ocsf": LogFormat(FORMATS["jsonl"][0], "ocsf.jsonl", as_ocsf),
}
