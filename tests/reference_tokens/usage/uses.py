"""Uses of a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError

from reference_tokens.models import ReferenceToken
from reference_tokens.usage.batch import Use

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def use(at: datetime = NOON, server_id: int | None = None, address: str | None = None) -> Use:
    return Use(at, server_id, address)


def last_used(token: ReferenceToken) -> datetime | None:
    token.refresh_from_db()
    return token.last_used_at


def fail(*_args: Any) -> None:
    raise OperationalError("database is locked")
