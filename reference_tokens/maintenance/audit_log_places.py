"""Whether the places outside the database can be written to that the audit log is anchored in and sent to (RUN-8)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

from accounts.audit.anchors import anchor_file, read_anchors
from accounts.audit.streaming.destinations import STANDARD_OUTPUT
from accounts.audit.streaming.stream import entries_that_wait
from accounts.audit.streaming.syslog import SYSLOG, open_log


def check_anchor() -> str:
    """The file takes lines, or the log can be reached; nothing is written."""
    if not settings.AUDIT_ANCHOR:
        return "none"
    taken = check_place(settings.AUDIT_ANCHOR)
    file = anchor_file(settings.AUDIT_ANCHOR)
    return f"{taken}, anchors in it: {len(read_anchors(file))}" if file else taken


def check_stream() -> str:
    """The same of the stream; and how many entries wait to be sent."""
    where = settings.AUDIT_STREAM
    if not where:
        return "none"
    taken = "standard output" if where == STANDARD_OUTPUT else check_place(where)
    return f"{taken}, as {settings.AUDIT_STREAM_FORMAT}, entries that wait: {entries_that_wait()}"


def check_place(where: str) -> str:
    """What can be done there; raises `OSError`."""
    if where.startswith(SYSLOG):
        open_log(where).close()
        return f"{where} can be reached"
    file = Path(where)
    if file.exists():
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK))
    else:
        tempfile.TemporaryFile(dir=file.parent).close()
    return f"{file}: takes lines"
