"""The decision whether a token is good (VAL-1): pure, given what the database says of it and the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Inactive(StrEnum):
    """Why a token is not good. For its holder and administrators; a stranger hears only "inactive"."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    OTHER_SERVER = "other_server"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    APPLICATION_DISABLED = "application_disabled"
    HOLDER_INACTIVE = "holder_inactive"
    NO_SCOPES = "no_scopes"


class Holder(NamedTuple):
    """The user a token speaks for."""

    id: UUID | None
    username: str
    is_active: bool
    # These are read only for a Resource Server that may have them.
    name: str = ""
    email: str = ""
    is_administrator: bool = False


class TokenRecord(NamedTuple):
    """One row of the validation query: everything the decision and its answer need, and nothing else."""

    id: UUID
    kind: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    suspended_at: datetime | None
    first_used_at: datetime | None
    application_uri: str
    application_is_enabled: bool
    application_scopes: tuple[str, ...]
    # One without an id where there is no holder.
    holder: Holder
    is_for_server: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a token is good now, with what it may do; or why it is not."""

    record: TokenRecord | None
    scopes: tuple[str, ...] = ()
    inactive: Inactive | None = None

    @property
    def is_active(self) -> bool:
        """Whether the token opens the door."""
        return self.inactive is None

    def has_scopes(self, required: Iterable[str]) -> bool:
        """Whether the token may now do all that is required."""
        return all(scope in self.scopes for scope in required)

    @property
    def good(self) -> TokenRecord:
        """The record of a token that is good; only for an active decision."""
        if self.record is None or self.inactive:
            raise ValueError("the token is not active")
        return self.record


def decide(record: TokenRecord, now: datetime) -> Decision:
    """The decision on a stored token, in the order of VAL-1."""
    scopes = tuple(scope for scope in record.scopes if scope in record.application_scopes)
    inactive = reason_inactive(record, scopes, now)
    return Decision(record, () if inactive else scopes, inactive)


def reason_inactive(record: TokenRecord, scopes: tuple[str, ...], now: datetime) -> Inactive | None:  # noqa: PLR0911 - one line for each reason
    """The first reason against the token, or None. One return for each rule reads best."""
    if not record.is_for_server:
        return Inactive.OTHER_SERVER
    if record.revoked_at is not None:
        return Inactive.REVOKED
    if record.suspended_at is not None:
        return Inactive.SUSPENDED
    if record.expires_at is not None and now >= record.expires_at:
        return Inactive.EXPIRED
    if not record.application_is_enabled:
        return Inactive.APPLICATION_DISABLED
    if record.holder.id is None or not record.holder.is_active:
        return Inactive.HOLDER_INACTIVE
    if not scopes:
        return Inactive.NO_SCOPES
    return None
