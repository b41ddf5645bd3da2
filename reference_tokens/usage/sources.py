"""From where a token was last used, as one text: the name of each source, and the second of its last use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING

from reference_tokens.usage.batch import SOURCES_KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_tokens.models import ReferenceToken

# The second of the last use, since 1970.
Seconds = dict[str, int]
as_text = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class TokenSource:
    """An IP address, or the name of the Resource Server that asked (TOK-13)."""

    name: str
    last_used_at: datetime


def sources_of(token: ReferenceToken, since: datetime | None = None) -> list[TokenSource]:
    """From where the token was last used, the latest first: five at most."""
    found = [
        TokenSource(name, datetime.fromtimestamp(at, UTC))
        for name, at in seconds_in(token.last_use.recent_sources if token.last_use else "").items()
    ]
    found = [source for source in found if since is None or source.last_used_at > since]
    return sorted(found, key=lambda source: (-source.last_used_at.timestamp(), source.name))


def seconds_in(text: str) -> Seconds:
    """The sources that a text holds."""
    found: Seconds = json.loads(text) if text else {}
    return found


def with_uses(text: str, uses: Iterable[tuple[str | None, datetime]]) -> str:
    """The text with these uses, by name: the last five sources, no time moved backwards. One may have no name."""
    known = seconds_in(text)
    for name, at in uses:
        if name:
            second = int(at.timestamp())
            known[name] = max(second, known.get(name, second))
    if len(known) > SOURCES_KEPT:
        known = dict(sorted(known.items(), key=itemgetter(1), reverse=True)[:SOURCES_KEPT])
    return as_text(known) if known else ""
