"""Tokens to rotate, and rotations of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.audit.record import OPERATOR, Actor
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.rotation import rotate_itself, rotate_token
from reference_tokens.models import ReferenceToken
from tests.factories import token_request

ISSUED = datetime(2027, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
NOW = datetime(2027, 3, 11, 12, 0, 0, 750_000, tzinfo=UTC)
WHOLE_NOW = NOW.replace(microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def expiring(**changes: Any) -> Any:
    """A token_request for a token of 30 days."""
    return token_request(**{"expires_at": ISSUED.replace(microsecond=0) + 30 * DAY} | changes)


def rotated(token: ReferenceToken, overlap: timedelta = DAY, actor: Actor = OPERATOR, **given: Any) -> IssuedToken:
    return rotate_token(actor=actor, token_id=token.pk, overlap=overlap, **{"now": NOW} | given)


def by_itself(token: ReferenceToken, overlap: timedelta = DAY, now: datetime = NOW) -> IssuedToken:
    return rotate_itself(token_id=token.pk, address="192.0.2.7", overlap=overlap, now=now)
