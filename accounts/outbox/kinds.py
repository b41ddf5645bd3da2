"""The kinds of entries: each app registers its own when the service starts, with what is done about an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.mails.message import AddressedLetter
from accounts.models import OutboxEntry


def nothing_else(_entry: OutboxEntry, _now: datetime) -> None:
    """Of a kind that keeps no row of its own."""


@dataclass(frozen=True, slots=True)
class MailKind:
    """Entries of which each is one mail."""

    # What the mails are about, as the log says it.
    about: str
    # The mail as it reads now; None where it is not due any more.
    render: Callable[[OutboxEntry, datetime], AddressedLetter | None]
    # Called when the mail was sent, or is not due any more, before the entry is deleted.
    close: Callable[[OutboxEntry, datetime], None] = nothing_else
    # Whether its mails go before others, since somebody waits for them.
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class RequestKind:
    """Entries of which each is a request that is answered behind the response; urgent, since somebody waits."""

    about: str
    # Given what the request named, and `now`, the instant of the request.
    answer: Callable[..., None]
    is_urgent: bool = True


_kinds: dict[str, MailKind | RequestKind] = {}


def register_kind(name: str, kind: MailKind | RequestKind) -> None:
    """Add a kind of entries; for `AppConfig.ready`."""
    _kinds[name] = kind


def kind_named(name: str) -> MailKind | RequestKind:
    """The kind that an app registered under this name; raises `KeyError` where none did."""
    return _kinds[name]


def known_kinds() -> list[str]:
    """The kinds that this version can send; a later one, which used this database before, may have stored others."""
    return list(_kinds)
