"""The marks of the audit log: how far it is signed, and how far it is pruned.

Each is signed under a key that stands outside the database: who can write there, but has no key, makes none.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from accounts.audit.chain import GENESIS_HASH, as_json
from accounts.models import AuditMark
from accounts.sealing import is_signed, signed

if TYPE_CHECKING:
    from datetime import datetime

SIGNED, PRUNED = "signed", "pruned"
PURPOSE = b"marks of the audit log"


class Place(NamedTuple):
    """A place in the chain: an entry by its number and its hash."""

    seq: int
    hash: bytes


BEGINNING = Place(0, GENESIS_HASH)


class Mark(NamedTuple):
    """A mark as it is stored: the place that it names, when it was set, and whether its signature is ours."""

    place: Place
    set_at: datetime
    is_genuine: bool


def find_mark(name: str, *, locked: bool = False) -> Mark | None:
    """The mark of that name, or None where it was never set; `locked`: until the transaction ends."""
    marks = AuditMark.objects.select_for_update() if locked else AuditMark.objects.all()
    found = marks.filter(name=name).values_list("seq", "hash", "at", "signature").first()
    if found is None:
        return None
    seq, hash_, at, signature = found
    place = Place(seq, bytes(hash_))
    return Mark(place, at, is_signed(text_of(name, place, at), bytes(signature), purpose=PURPOSE))


def set_mark(name: str, place: Place, now: datetime) -> None:
    """Set the mark, signed with the first key of this process; in the transaction that it belongs to."""
    signature = signed(text_of(name, place, now), purpose=PURPOSE)
    AuditMark.objects.update_or_create(
        name=name, defaults={"seq": place.seq, "hash": place.hash, "at": now, "signature": signature}
    )


def text_of(name: str, place: Place, at: datetime) -> str:
    """What is signed: everything that the mark says."""
    return as_json([name, place.seq, place.hash.hex(), at.astimezone(UTC).isoformat(timespec="microseconds")])
