"""Whether the audit log is as it was written: all of it, against its head, its marks, its anchors and its triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.audit.breaks import Break, Broken
from accounts.audit.marks import BEGINNING, PRUNED, SIGNED, Mark, Place, find_mark
from accounts.audit.proofs import require_anchored, require_pruned, require_signed
from accounts.audit.walk import find_head, last_seq, walk
from accounts.database.audit_triggers import missing_triggers
from accounts.progress import Report, rows_with_progress, to_nobody

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.audit.anchors import Anchor

ENTRIES_BETWEEN_REPORTS = 2000
TEXT = "Verifying the audit log"


@dataclass(slots=True)
class Verified:
    """What was found: how far the log was read, what proves it, and the first thing that does not fit, if any."""

    pruned: Mark | None
    signed: Mark | None
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    last: Place = BEGINNING
    anchors: int = 0
    broken: Break | None = None


def verify(anchors: Sequence[Anchor] = (), report: Report = to_nobody) -> Verified:
    """Read the whole log in its order, a portion at a time; others may append and prune meanwhile."""
    while True:
        # Before the head, so that they name no place past it.
        found = Verified(pruned=find_mark(PRUNED), signed=find_mark(SIGNED))
        try:
            read_all(found, anchors, report)
        except Broken as broken:
            if find_mark(PRUNED) != found.pruned:
                # What is missing may have been pruned meanwhile.
                continue
            found.broken = broken.found
        return found


def read_all(found: Verified, anchors: Sequence[Anchor], report: Report) -> None:
    """Fill in what is found, the entries first; raises `Broken`."""
    last = last_seq()
    head = find_head()
    if last > head.seq:
        raise Broken("head", head.seq + 1, f"the head is entry {head.seq}, but there are entries up to {last}")
    start = require_pruned(found.pruned, head)
    signed = found.signed.place.seq if found.signed else 0
    there = read_entries(found, start, head, {signed, *(anchor.seq for anchor in anchors)}, report)
    if found.last.hash != head.hash:
        raise Broken("changed", head.seq, f"entry {head.seq}, the last one, or the head was changed: they do not fit")
    require_signed(found.signed, head, there.get(signed), is_pruned=found.pruned is not None)
    for anchor in anchors:
        if anchor.seq >= start.seq:
            require_anchored(anchor, head, there.get(anchor.seq))
            found.anchors += 1
    if gone := missing_triggers():
        raise Broken("triggers", 0, f"the database lacks what protects the log: {', '.join(gone)}")


def read_entries(found: Verified, start: Place, head: Place, proved: set[int], report: Report) -> dict[int, bytes]:
    """Read every entry; returns the hashes of those that something proves. Raises `Broken`."""
    found.last, there = start, {start.seq: start.hash}
    rows, total = walk(start, head.seq, head), head.seq - start.seq
    for entry in rows_with_progress(rows, TEXT, report, total=total, every=ENTRIES_BETWEEN_REPORTS):
        found.first_at = found.first_at or entry.at
        found.last, found.last_at = entry
        found.count += 1
        if entry.place.seq in proved:
            there[entry.place.seq] = entry.place.hash
    return there
