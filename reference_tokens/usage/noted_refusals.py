"""The refusals that one process has noted and not written yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

# What cannot be written is kept: so many rows, in 12 MB at most.
MOST_REFUSALS = 20_000


class Refused(NamedTuple):
    """Why a door refused: a stored token, or a caller, or what is no stored token."""

    reason: str
    door: str
    token_id: UUID | None
    server_id: int | None
    # Of the client; None where the Resource Server tells enough.
    address: str | None


class RefusalKey(NamedTuple):
    """What becomes one row: a minute of a token and a Resource Server, or, without a token, of a reason."""

    minute: datetime
    token_id: UUID | None
    server_id: int | None
    reason: str


@dataclass(slots=True)
class Refusals:
    """How often each was refused, from when to when."""

    last: Refused
    count: int
    first_at: datetime
    last_at: datetime

    def add(self, others: Refusals) -> None:
        """Add others. Requests that run side by side may come here in another order than they read the clock."""
        if others.last_at >= self.last_at:
            self.last, self.last_at = others.last, others.last_at
        self.first_at = min(self.first_at, others.first_at)
        self.count += others.count


@dataclass(slots=True)
class NotedRefusals:
    """Every refusal that is not written yet: no more than there is room for, whatever is presented how often."""

    rows: dict[RefusalKey, Refusals] = field(default_factory=dict)
    # How many it had no room for.
    left_out: int = 0

    def note(self, refused: Refused, at: datetime) -> None:
        """Note that a door refused."""
        reason = "" if refused.token_id else refused.reason
        minute = at.replace(second=0, microsecond=0)
        self._add(RefusalKey(minute, refused.token_id, refused.server_id, reason), Refusals(refused, 1, at, at))

    def add(self, later: NotedRefusals) -> None:
        """Add what was noted later."""
        for key, refusals in later.rows.items():
            self._add(key, refusals)
        self.left_out += later.left_out

    def remove(self, keys: Iterable[RefusalKey]) -> None:
        """Take out what was written."""
        for key in keys:
            del self.rows[key]

    def _add(self, key: RefusalKey, refusals: Refusals) -> None:
        known = self.rows.get(key)
        if known is not None:
            known.add(refusals)
        elif len(self.rows) < MOST_REFUSALS:
            self.rows[key] = refusals
        else:
            self.left_out += refusals.count
