"""The entries of the audit log in their order, from the table as it is, and the first that does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from accounts.audit.breaks import Broken, entries
from accounts.audit.chain import StoredEntry, entry_hash
from accounts.audit.marks import Place
from accounts.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PORTIONS = (2000, 50, 1)


class Written(NamedTuple):
    """An entry that fits: its place, and when it was written."""

    place: Place
    at: datetime


def find_head() -> Place:
    """The end of the chain; raises `Broken` where it is gone."""
    found = AuditHead.objects.values_list("seq", "hash").first()
    if found is None:
        raise Broken("head", 0, "the head of the audit log is gone")
    return Place(found[0], bytes(found[1]))


def last_seq() -> int:
    """The number of the last entry that is stored; 0 where there is none."""
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def walk(after: Place, through: int, head: Place) -> Iterator[Written]:
    """Each entry after a place, through a number up to the head's; raises `Broken` at the first that does not fit."""
    place = after
    while place.seq < through:
        page = page_after(place.seq)
        if not page:
            raise Broken("truncated", place.seq + 1, f"{entries(place.seq + 1, head.seq)} missing at the end")
        for entry in page[: through - place.seq]:
            require_next(entry, place, after, head)
            place = Place(entry.seq, hash_of(entry))
            yield Written(place, entry.at)


def page_after(seq: int, *, most: int = 0) -> list[StoredEntry]:
    """The next entries, a portion of them or so many; raises `Broken` where the first of them cannot be read."""
    for portion in (most,) if most else PORTIONS:
        try:
            return read_after(seq, portion)
        except (TypeError, ValueError):
            # A smaller one may end before the entry that cannot be read.
            continue
    raise Broken("changed", seq + 1, f"entry {seq + 1} was changed: it cannot be read")


def read_after(seq: int, most: int) -> list[StoredEntry]:
    """The next entries as they are stored."""
    rows = AuditEvent.objects.filter(seq__gt=seq).order_by("seq").values_list(*StoredEntry._fields)[:most]
    return [StoredEntry(int(number), bytes(previous_hash), *others) for number, previous_hash, *others in rows]


def hash_of(entry: StoredEntry) -> bytes:
    """The hash of an entry; raises `Broken` where a column holds what is never written there."""
    try:
        return entry_hash(entry)
    except (TypeError, ValueError, AttributeError):
        raise Broken("changed", entry.seq, f"entry {entry.seq} was changed: it cannot be read") from None


def hash_at(seq: int) -> bytes | None:
    """The hash of the entry of that number as it is stored; None where there is none."""
    found = page_after(seq - 1, most=1)
    return hash_of(found[0]) if found and found[0].seq == seq else None


def require_next(entry: StoredEntry, place: Place, after: Place, head: Place) -> None:
    """Raise `Broken`, naming what was done, unless the entry is the one that was written after that place."""
    due = place.seq + 1
    if entry.seq != due:
        raise Broken("missing", due, f"{entries(due, min(entry.seq - 1, head.seq))} missing")
    if entry.previous_hash == place.hash:
        return
    moved = AuditEvent.objects.filter(previous_hash=place.hash).exclude(seq=due).values_list("seq", flat=True).first()
    if moved is not None:
        raise Broken("moved", due, f"entry {due} was moved: the one that was written there stands as {moved}")
    # What follows tells which of the two it was.
    following = AuditEvent.objects.filter(seq=due + 1).values_list("previous_hash", flat=True).first()
    fits = (head.hash if following is None else following) == hash_of(entry)
    changed = place.seq if fits and place.seq > after.seq else due
    raise Broken("changed", changed, f"entry {changed} was changed: it does not fit the one beside it")
