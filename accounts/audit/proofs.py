"""What proves that the chain is the one that was written: its marks, and its anchors outside the database.

Each function raises `Broken` where what is proved is not what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit.breaks import Broken, entries
from accounts.audit.marks import BEGINNING, Mark, Place
from accounts.audit.queries import events_about
from accounts.audit.record import Target
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from accounts.audit.anchors import Anchor

# The audit log as the target of entries about itself.
LOG = Target("audit_log", "")
FIRST_SIGNED = "audit_log:sign"


def require_pruned(mark: Mark | None, head: Place) -> Place:
    """The place at which the log now begins: where it is pruned through."""
    if mark is None:
        return BEGINNING
    seq = mark.place.seq
    if not mark.is_genuine:
        raise Broken("pruned", seq, f"entries up to {seq} are called pruned, but this service has not signed that")
    if seq > head.seq:
        raise Broken("truncated", head.seq + 1, f"{entries(head.seq + 1, seq)} missing at the end: they were pruned")
    left = AuditEvent.objects.filter(seq__lte=seq).order_by("seq").values_list("seq", flat=True).first()
    if left is not None:
        raise Broken("pruned", left, f"entry {left} is there, though entries up to {seq} were pruned")
    return mark.place


def require_signed(mark: Mark | None, head: Place, there: bytes | None, *, is_pruned: bool) -> None:
    """The end of the chain, as it was signed last; `there` is the hash of the entry that stands in its place now.

    A log that was signed before, or `is_pruned`, has a signature.
    """
    if mark is None:
        if is_pruned or events_about([LOG]).filter(action=FIRST_SIGNED).exists():
            raise Broken("signature", 0, "the signature of the end of the log is gone")
        return
    seq, at = mark.place.seq, f"{mark.set_at:%Y-%m-%dT%H:%M:%SZ}"
    if not mark.is_genuine:
        raise Broken("signature", seq, f"entry {seq} is signed under no key of SECRET_KEY and SECRET_KEY_FALLBACKS")
    if seq > head.seq:
        missing = f"{entries(head.seq + 1, seq)} missing at the end"
        raise Broken("truncated", head.seq + 1, f"{missing}: entry {seq} was signed at {at}")
    if there != mark.place.hash:
        raise Broken("rewritten", seq, f"entry {seq} is not the one that was signed at {at}")


def require_anchored(anchor: Anchor, head: Place, there: bytes | None) -> None:
    """An entry as it was anchored outside the database; `there` is the hash of what stands in its place now."""
    seq = anchor.seq
    if seq > head.seq:
        missing = f"{entries(head.seq + 1, seq)} missing at the end"
        raise Broken("truncated", head.seq + 1, f"{missing}: entry {seq} was anchored at {anchor.at}")
    if there != anchor.hash:
        raise Broken("rewritten", seq, f"entry {seq} is not the one that was anchored at {anchor.at}")
