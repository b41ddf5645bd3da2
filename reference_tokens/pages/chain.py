"""The chain of rotations that a token belongs to, as its page shows it (TOK-10)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reference_tokens.lifecycle.chain import generations_of
from reference_tokens.lists.links import link

if TYPE_CHECKING:
    from reference_tokens.lifecycle.chain import Chained
    from reference_tokens.lists.links import TokenLinks
    from reference_tokens.models import ReferenceToken


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
    """Its chain, the newest first, and whether there are more than are shown; none where it was never rotated."""
    found, is_longer = generations_of(token, now)
    return [generation(chained, links, is_this=chained.token == token) for chained in found], is_longer


def generation(chained: Chained, links: TokenLinks, *, is_this: bool) -> Generation:
    """A token of a chain."""
    token = chained.token
    return Generation(
        id=token.pk,
        hint=token.hint,
        url=link(links.detail, token.pk),
        issued_at=token.issued_at,
        ends_at=chained.ends_at,
        is_ended=chained.is_ended,
        last_used_at=token.last_used_at,
        is_still_used=chained.is_still_used,
        is_this=is_this,
    )
