"""Where the stream of the audit log leads: a file, standard output, or a system log; each raises `OSError`."""

from __future__ import annotations

import copy
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.audit.streaming.export import LOG_FORMATS
from accounts.audit.streaming.syslog import SYSLOG, message, open_log, require_no_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.audit.sentences import ToldEvent

STANDARD_OUTPUT = "-"
DESCRIPTOR_OF_OUTPUT = 1
# What one message of a system log holds at the most, with room for what stands before the entry.
LONGEST_MESSAGE = 60_000
LEFT_OUT = {"left_out": "too long for a message of a system log"}
PATIENCE_SECONDS = 5


def write_entries(entries: Sequence[ToldEvent]) -> None:
    """Write the entries where `AUDIT_STREAM` leads, as `AUDIT_STREAM_FORMAT` says."""
    if settings.AUDIT_STREAM.startswith(SYSLOG):
        send_messages(entries)
        return
    lines = "".join(LOG_FORMATS[settings.AUDIT_STREAM_FORMAT].lines(entries)).encode()
    if settings.AUDIT_STREAM == STANDARD_OUTPUT:
        write_all(DESCRIPTOR_OF_OUTPUT, lines)
    else:
        append_lines(Path(settings.AUDIT_STREAM), lines)


def append_lines(file: Path, lines: bytes) -> None:
    """Append the lines, and wait until the disk has them. The file is opened anew each time: it may have been rotated.

    What a crash left of a line is ended first.
    """
    # Opening what is no file does not wait for a reader.
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{file} is no file")
        is_cut = found.st_size and os.pread(descriptor, 1, found.st_size - 1) != b"\n"
        write_all(descriptor, b"\n" + lines if is_cut else lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, lines: bytes) -> None:
    """Write the lines whole, as much at a time as is taken."""
    left = memoryview(lines)
    while left:
        left = left[os.write(descriptor, left) :]


def send_messages(entries: Sequence[ToldEvent]) -> None:
    """Send each entry as a message of its own."""
    with open_log(settings.AUDIT_STREAM) as log:
        log.settimeout(PATIENCE_SECONDS)
        for told in entries:
            log.send(message(told.at, told.event.action, line_of(told)))
            require_no_fault(log)


def line_of(told: ToldEvent) -> bytes:
    """The line of an entry, without its details where it would be too long."""
    line = "".join(LOG_FORMATS[settings.AUDIT_STREAM_FORMAT].lines([told])).rstrip("\n").encode()
    if len(line) <= LONGEST_MESSAGE:
        return line
    event = copy.copy(told.event)
    event.details = LEFT_OUT
    return line_of(replace(told, event=event))
