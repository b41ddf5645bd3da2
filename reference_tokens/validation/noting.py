"""Noting what a door answered: the count, the use of a token (TOK-13), and why it or its caller is refused (TOK-16)."""

from __future__ import annotations

from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Any

from accounts.headers.request_ids import current
from reference_tokens.usage.noted_refusals import Refused
from reference_tokens.usage.recorder import recorder
from reference_tokens.validation.callers import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from reference_tokens.models import Door
    from reference_tokens.validation.decision import Decision

# What is counted where a good token lacks a scope that the door requires.
LACKS_SCOPES = "insufficient_scope"
# The id, the client id and whether it is enabled, where no Resource Server is named: a secret of none is wrong.
NO_SERVER = (None, "", True)


class CallerRefused(StrEnum):
    """Why a caller is refused itself, whatever the token."""

    WRONG_SECRET = "wrong_secret"  # noqa: S105 - the name of a reason
    SERVER_DISABLED = "resource_server_disabled"


def note(  # noqa: PLR0913 - what a validation knows
    decision: Decision,
    *,
    now: datetime,
    server: Caller | None,
    door: Door,
    address: str | None = None,
    required_scopes: Iterable[str] = (),
) -> None:
    """Count an answer, and note the use or the refusal of the token."""
    outcome = decision.inactive or ("active" if decision.has_scopes(required_scopes) else LACKS_SCOPES)
    record, is_use = decision.record, outcome == "active"
    recorder.note(
        outcome,
        at=now,
        door=door,
        seconds=monotonic() - current.began if current.began else 0.0,
        client_id=server.client_id if server else "",
        token_id=record.id if record else None,
        source=(server.id if server else None, address) if is_use else None,
        is_first_use=is_use and record is not None and record.first_used_at is None,
    )
    if not is_use:
        refused = Refused(outcome, door, record.id if record else None, server.id if server else None, address)
        recorder.note_refusal(refused, now)


def note_lacking_scope(token_id: UUID, *, now: datetime, door: Door, address: str | None) -> None:
    """Note that a good token, whose use is noted, lacks a scope that this one call needs."""
    recorder.note_refusal(Refused(LACKS_SCOPES, door, token_id, None, address), now)


def note_refused_caller(rows: list[list[Any]], *, now: datetime, door: Door, address: str | None) -> None:
    """Note who is refused, given the rows of `secrets_of_server`.

    Somebody who names no Resource Server is noted alike and never written, so that naming one costs the same.
    """
    server_id, _client_id, is_enabled = rows[0][2:5] if rows else NO_SERVER
    reason = CallerRefused.WRONG_SECRET if is_enabled else CallerRefused.SERVER_DISABLED
    recorder.note_refusal(Refused(reason, door, None, server_id, address), now)
