"""The uses and answers that one process has noted and not written yet."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from uuid import UUID

from reference_tokens.usage.noted_refusals import NotedRefusals

# The Resource Server that asked, by its id, and the address of the client; a door names one of them or both.
Source = tuple[int | None, str | None]

# So many sources of a token are kept, the last used ones.
SOURCES_KEPT = 5
# What cannot be written is kept, in 60 to 100 MB at most: of so many tokens, and of so many with all their sources.
MOST_TOKENS = 100_000
MOST_TOKENS_WITH_SOURCES = 20_000
# The times within which validations are counted, in seconds, and what is beyond them; as `le` of a histogram says them.
TIMES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
WITHIN = (*map(str, TIMES), "+Inf")


class Answers:
    """How many validations were answered within each of the times, and how many seconds these took together."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(WITHIN)
        self.seconds = [0.0] * len(WITHIN)

    def add(self, others: Answers) -> None:
        """Add others."""
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, others.counts, strict=True)]
        self.seconds = [ours + theirs for ours, theirs in zip(self.seconds, others.seconds, strict=True)]


@dataclass(slots=True)
class TokenUses:
    """How often a token was accepted and refused on a day (UTC), and when it was last used from each source."""

    accepted: int = 0
    refused: int = 0
    sources: dict[Source, datetime] = field(default_factory=dict)

    def note_source(self, source: Source, at: datetime, most: int) -> None:
        """Note that it was used from a source; keeps so many, the last used ones."""
        known = self.sources.get(source)
        # Requests that run side by side may come here in another order than they read the clock.
        if known is None or known < at:
            self.sources[source] = at
        # Not each time one is too many: that would be work for each use of a token that has very many sources.
        if len(self.sources) > 2 * most:
            self.sources = dict(self.latest(most))

    def latest(self, most: int) -> list[tuple[Source, datetime]]:
        """The last used sources, the latest first."""
        return sorted(self.sources.items(), key=itemgetter(1), reverse=True)[:most]


@dataclass(slots=True)
class DayOfUse:
    """What was noted on one day (UTC)."""

    tokens: dict[UUID, TokenUses] = field(default_factory=dict)
    # By the id of the Resource Server ("" for none), the outcome and the door.
    answers: dict[tuple[str, str, str], Answers] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """Everything that one process has noted and not written yet."""

    days: dict[date, DayOfUse] = field(default_factory=dict)
    # When each Resource Server last asked.
    last_asked: dict[str, datetime] = field(default_factory=dict)
    refusals: NotedRefusals = field(default_factory=NotedRefusals)
    # What else happened, by its name.
    events: Counter[str] = field(default_factory=Counter)
    # How many tokens it holds; a token that was used on two days counts twice.
    size: int = 0
    # How many uses and refusals it had no room for.
    left_out: int = 0

    def __bool__(self) -> bool:
        return bool(self.days or self.last_asked or self.refusals.rows or self.events)

    def note_answer(  # noqa: PLR0913, PLR0917 - what a validation knows, by place since that costs less
        self, day: date, client_id: str, outcome: str, door: str, seconds: float, at: datetime
    ) -> DayOfUse:
        """Note an answer, which took so long; returns what was noted on its day."""
        noted = self.days[day] if day in self.days else self._on(day)
        key = (client_id, outcome, door)
        if key not in noted.answers:
            noted.answers[key] = Answers()
        answers, within = noted.answers[key], bisect_left(TIMES, seconds)
        answers.counts[within] += 1
        answers.seconds[within] += seconds
        if client_id:
            self.last_asked[client_id] = at
        return noted

    def note_token(self, noted: DayOfUse, token_id: UUID, source: Source | None, at: datetime) -> None:
        """Note that a token was used from a source, or was refused where there is none."""
        uses = noted.tokens.get(token_id) or self._uses_of(token_id, noted)
        if source is None:
            uses.refused += 1
        else:
            uses.accepted += 1
            uses.note_source(source, at, SOURCES_KEPT if self.size <= MOST_TOKENS_WITH_SOURCES else 1)

    def remove(self, day: date, token_ids: list[UUID]) -> None:
        """Take out what was written of these tokens."""
        for token_id in token_ids:
            del self.days[day].tokens[token_id]
        self.size -= len(token_ids)

    def used_tokens(self) -> int:
        """How many tokens were used, on each day."""
        return sum(bool(uses.accepted) for noted in self.days.values() for uses in noted.tokens.values())

    def add(self, later: Batch) -> None:
        """Add what was noted later."""
        for day, noted in later.days.items():
            known = self._on(day)
            for key, answers in noted.answers.items():
                known.answers.setdefault(key, Answers()).add(answers)
            for token_id, uses in noted.tokens.items():
                ours = known.tokens.get(token_id) or self._uses_of(token_id, known)
                ours.accepted += uses.accepted
                ours.refused += uses.refused
                for source, at in uses.sources.items():
                    ours.note_source(source, at, SOURCES_KEPT)
        self.last_asked |= later.last_asked
        self.refusals.add(later.refusals)
        self.events += later.events
        self.left_out += later.left_out

    def _on(self, day: date) -> DayOfUse:
        noted = self.days.get(day)
        if noted is None:
            noted = self.days[day] = DayOfUse()
        return noted

    def _uses_of(self, token_id: UUID, noted: DayOfUse) -> TokenUses:
        """A new place for a token; where there is no room, one that nobody writes."""
        uses = TokenUses()
        if self.size < MOST_TOKENS:
            noted.tokens[token_id] = uses
            self.size += 1
        else:
            self.left_out += 1
        return uses
