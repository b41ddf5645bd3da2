"""Anchors of the audit log: what its head was, one line each, in a file or a system log outside the database (AUD-2).

Who can write to the database, and even has its key, changes nothing there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from accounts.audit.streaming.syslog import PRIORITY, SYSLOG, open_log
from accounts.audit.walk import find_head

if TYPE_CHECKING:
    from datetime import datetime

LINE = re.compile(r"(\S+) audit log: entry (\d+) has the hash ([0-9a-f]{64})\b")


class Anchor(NamedTuple):
    """An entry that was the last one at some time, by its number and its hash."""

    at: str
    seq: int
    hash: bytes


def anchor_file(setting: str) -> Path | None:
    """The file of anchors that `AUDIT_ANCHOR` names; None where it names a system log, or nothing."""
    return Path(setting) if setting and not setting.startswith(SYSLOG) else None


def write_anchor(now: datetime) -> None:
    """Write the head where `AUDIT_ANCHOR` says; raises `OSError` where that takes nothing."""
    head = find_head()
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} audit log: entry {head.seq} has the hash {head.hash.hex()}"
    file = anchor_file(settings.AUDIT_ANCHOR)
    if file:
        append_line(file, line)
        return
    with open_log(settings.AUDIT_ANCHOR) as log:
        log.send(f"<{PRIORITY}>reference-tokens: {line}".encode())


def append_line(file: Path, line: str) -> None:
    """Append a line, and wait until the disk has it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors in a file, which may hold other lines too, and more before each; none where there is no file yet."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", errors="replace") as lines:
        found = [match.groups() for line in lines for match in LINE.finditer(line)]
    return [Anchor(at, int(seq), bytes.fromhex(hash_)) for at, seq, hash_ in found]
