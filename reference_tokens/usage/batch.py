"""The uses and answers that one process has noted and not written yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID


class Use(NamedTuple):
    """The last use of a token: when, and through which Resource Server or from which address."""

    at: datetime
    server_id: int | None
    address: str | None


class DailyOutcome(NamedTuple):
    """The key of a daily count: whether a token was accepted on a day (UTC), or refused."""

    token_id: UUID
    day: date
    is_accepted: bool


class UseSource(NamedTuple):
    """The source of a use: a Resource Server that asked, an address, or both."""

    token_id: UUID
    server_id: int | None
    address: str | None


class Answer(NamedTuple):
    """The key of a daily count: one outcome for one Resource Server ("" for none) on one day (UTC)."""

    day: date
    client_id: str
    outcome: str


@dataclass
class Batch:
    """Everything that one process has noted and not written yet."""

    uses: dict[UUID, Use] = field(default_factory=dict)
    outcomes: Counter[DailyOutcome] = field(default_factory=Counter)
    # When a token was last used from each source.
    sources: dict[UseSource, datetime] = field(default_factory=dict)
    answers: Counter[Answer] = field(default_factory=Counter)
    # When each Resource Server last asked.
    last_asked: dict[str, datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.uses or self.outcomes or self.answers)

    def before(self, later: Batch) -> Batch:
        """One batch of this one and a later one."""
        return Batch(
            self.uses | later.uses,
            self.outcomes + later.outcomes,
            self.sources | later.sources,
            self.answers + later.answers,
            self.last_asked | later.last_asked,
        )
