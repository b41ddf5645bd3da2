"""The chain of rotations that a token belongs to (TOK-10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

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
    chain = ReferenceToken.objects.filter(family=token.family)
    found = list(chain.select_related("use").order_by("-issued_at")[: GENERATIONS_SHOWN + 1])
    shown = newest_first(found[:GENERATIONS_SHOWN])
    newer = {each.replaces_id: each for each in shown} | {token.pk: token.successor}
    if token not in shown:
        shown.append(token)
    rows = [Chained(each, newer.get(each.pk), is_ended=each.state(now) in ENDED_STATES) for each in shown]
    return rows, len(found) > GENERATIONS_SHOWN


def newest_first(tokens: list[ReferenceToken]) -> list[ReferenceToken]:
    """Tokens of a chain, each behind the one that replaced it, whatever clock they were issued by."""
    by_id: dict[UUID | None, ReferenceToken] = {token.pk: token for token in tokens}
    ordered: list[ReferenceToken] = []
    replaced = {token.replaces_id for token in tokens}
    for newest in (token for token in tokens if token.pk not in replaced):
        token: ReferenceToken | None = newest
        while token:
            ordered.append(token)
            token = by_id.get(token.replaces_id)
    return ordered
