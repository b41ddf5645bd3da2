"""The chain of rotations that a token belongs to (TOK-10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime

ENDED_STATES = {ReferenceToken.State.REVOKED, ReferenceToken.State.EXPIRED}
GENERATIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Chained:
    """One token of a chain of rotations, and the one that replaced it."""

    token: ReferenceToken
    newer: ReferenceToken | None
    is_ended: bool

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, or has ended."""
        return self.token.revoked_at or self.token.expires_at

    @property
    def is_still_used(self) -> bool:
        """Whether it was used after the one that replaced it was issued: something still sends the old value."""
        used_at = self.token.last_used_at
        return not self.is_ended and self.newer is not None and used_at is not None and used_at > self.newer.issued_at


def generations_of(token: ReferenceToken, now: datetime) -> tuple[list[Chained], bool]:
    """Its chain, the newest first, and whether there are more than are told; none where it was never rotated.

    The token itself is always among them.
    """
    if token.family is None:
        return [], False
    chain = ReferenceToken.objects.filter(Q(family=token.family) | Q(pk=token.family))
    found = list(chain.select_related("use").order_by("-issued_at", "-pk")[: GENERATIONS_SHOWN + 1])
    shown = found[:GENERATIONS_SHOWN]
    # In a chain each one was replaced by the one that is newer by one.
    newer = dict(zip(shown, [None, *shown], strict=False)) | {token: token.successor}
    if token not in shown:
        shown.append(token)
    rows = [Chained(each, newer[each], is_ended=each.state(now) in ENDED_STATES) for each in shown]
    return rows, len(found) > GENERATIONS_SHOWN
