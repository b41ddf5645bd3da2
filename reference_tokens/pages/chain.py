"""The chain of rotations that a token belongs to (TOK-10)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from reference_tokens.lists.links import link
from reference_tokens.models import ReferenceToken

if TYPE_CHECKING:
    from reference_tokens.lists.links import TokenLinks

ENDED_STATES = {ReferenceToken.State.REVOKED, ReferenceToken.State.EXPIRED}
GENERATIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Generation:
    """One token of a chain of rotations."""

    id: uuid.UUID
    hint: str
    url: str
    issued_at: datetime
    ends_at: datetime | None
    is_ended: bool
    last_used_at: datetime | None
    # After the one that replaced it was issued: something still sends the old value.
    is_still_used: bool
    is_this: bool


def chain_of(token: ReferenceToken, now: datetime, links: TokenLinks) -> tuple[list[Generation], bool]:
    """Its chain, the newest first, and whether there are more than are shown; none where it was never rotated.

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
    rows = [generation(each, newer[each], now, links, is_this=each == token) for each in shown]
    return rows, len(found) > GENERATIONS_SHOWN


def generation(
    token: ReferenceToken, newer: ReferenceToken | None, now: datetime, links: TokenLinks, *, is_this: bool
) -> Generation:
    """A token of a chain; `newer` is the one that replaced it."""
    is_ended = token.state(now) in ENDED_STATES
    used_at = token.last_used_at
    return Generation(
        id=token.pk,
        hint=token.hint,
        url=link(links.detail, token.pk),
        issued_at=token.issued_at,
        ends_at=token.revoked_at or token.expires_at,
        is_ended=is_ended,
        last_used_at=used_at,
        is_still_used=not is_ended and newer is not None and used_at is not None and used_at > newer.issued_at,
        is_this=is_this,
    )
