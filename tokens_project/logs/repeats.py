"""Lines that repeat are told once a minute, with how many there were: what others send must not fill the log."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Hashable
from dataclasses import dataclass

from accounts.headers.request_ids import current_request_id
from tokens_project.logs.facts import SUSPICIOUS

SECONDS = 60
# Of more kinds than these at a time the others are told as one: an address, or a name, is in some of them.
MOST_KINDS = 1000
THE_REST = "the rest"
LONGEST_REFUSAL = 200


@dataclass(slots=True)
class Told:
    """A kind of line that was told, until when it is not told again, and the last of those that were left out."""

    until: float
    left_out: int = 0
    last: logging.LogRecord | None = None


class CalmHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes each line, but of one kind one in a minute; then how many were left out.

    The first line of a kind has its trace, the one that counts the others has none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[Hashable, Told] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, or count it."""
        now = time.monotonic()
        self._tell_counts(now)
        kind = kind_of(record)
        if kind is not None and not self._is_new(kind, record, now):
            return
        told = shortened(record)
        # A line that is written after its request says itself which it was.
        told.request_id = getattr(record, "request_id", "") or current_request_id()
        super().emit(told)

    def close(self) -> None:
        """Write what was counted, and end."""
        self.acquire()
        try:
            self._tell_counts(float("inf"))
        finally:
            self.release()
        super().close()

    def _is_new(self, kind: Hashable, record: logging.LogRecord, now: float) -> bool:
        if kind not in self._told and len(self._told) >= MOST_KINDS:
            kind = THE_REST
        told = self._told.get(kind)
        if told is None:
            self._told[kind] = Told(now + SECONDS)
            return True
        told.left_out += 1
        told.last = record
        return False

    def _tell_counts(self, now: float) -> None:
        ended = [kind for kind, told in self._told.items() if told.until <= now]
        for told in map(self._told.pop, ended):
            if told.last is not None:
                super().emit(counted(told.last, told.left_out))


def kind_of(record: logging.LogRecord) -> Hashable | None:
    """What a line repeats, if it does; None for one that is told each time.

    Nothing that a client chooses is in it, but what the line itself says it may be told apart by.
    """
    apart = getattr(record, "once_a_minute", None)
    place = (record.name, record.pathname, record.lineno)
    if apart is not None:
        return (*place, apart)
    # Django's lines of what a client does and should not, each with a trace through Django itself.
    if record.name.startswith(SUSPICIOUS):
        return record.name
    if record.exc_info and record.exc_info[0]:
        return (*place, record.exc_info[0], origin_of(record))
    status = getattr(record, "status_code", None)
    if status is not None:
        # Django's line for each answer that is a refusal, of every validation too.
        return (*place, status)
    if record.name.startswith("gunicorn.") and record.levelno == logging.WARNING:
        return place
    return None


def origin_of(record: logging.LogRecord) -> tuple[str, int]:
    """Where the exception was raised."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ("", 0)


def shortened(record: logging.LogRecord) -> logging.LogRecord:
    """The record as it is written: of what a client did and should not, one short line says enough."""
    if not record.name.startswith(SUSPICIOUS):
        return record
    short = without_trace(record)
    short.msg, short.args = short.getMessage()[:LONGEST_REFUSAL], None
    return short


def counted(record: logging.LogRecord, number: int) -> logging.LogRecord:
    """The record that tells of `number` ones like it."""
    summary = without_trace(shortened(record))
    summary.msg, summary.args = f"{summary.getMessage()} ({number} like this in the last minute)", None
    return summary


def without_trace(record: logging.LogRecord) -> logging.LogRecord:
    """The record with its exception in words alone."""
    short = copy.copy(record)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not record.name.startswith(SUSPICIOUS):
        short.msg, short.args = f"{record.getMessage()}: {type(error).__name__}: {str(error)[:LONGEST_REFUSAL]}", None
    short.exc_info = short.exc_text = short.stack_info = None
    return short
