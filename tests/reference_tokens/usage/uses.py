"""Uses of a token."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError

from reference_tokens.models import ReferenceToken
from reference_tokens.usage.batch import Source
from reference_tokens.usage.history import daily_counts
from reference_tokens.usage.recorder import UsageRecorder

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def process() -> UsageRecorder:
    """A recorder as each process has one, which writes only when it is told to."""
    made = UsageRecorder()
    made.runs_in_background = False
    return made


def note_use(
    noting: UsageRecorder,
    token_id: UUID,
    at: datetime = NOON,
    source: Source = (None, None),
    *,
    is_first_use: bool = False,
) -> None:
    """Note that a token was used."""
    noting.note("active", at=at, token_id=token_id, source=source, is_first_use=is_first_use)


def note_refusal(noting: UsageRecorder, token_id: UUID, at: datetime = NOON) -> None:
    """Note that a stored token was refused."""
    noting.note("revoked", at=at, token_id=token_id)


def note(noting: UsageRecorder, token: ReferenceToken, at: datetime, address: str | None = "192.0.2.1") -> None:
    """Note that a token was used from an address."""
    note_use(noting, token.pk, at, (None, address))


def days_of(token: ReferenceToken) -> dict[date, tuple[int, int]]:
    """How often it was accepted and refused on each day, as pages tell it."""
    token.refresh_from_db()
    counts = daily_counts([token], NOON + 9 * DAY, 500).get(token.pk, [])
    return {count.day: (count.accepted, count.refused) for count in counts if count.accepted or count.refused}


def last_used(token: ReferenceToken) -> datetime | None:
    token.refresh_from_db()
    return token.last_used_at


def fail(*_args: Any) -> None:
    raise OperationalError("database is locked")
