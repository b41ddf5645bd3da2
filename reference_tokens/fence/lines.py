"""The lines of the fence: when, by which entry of the audit log, what happened, to which id, and perhaps a value."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

# Each line ends with a mark, or what a crash left of one could be read as another.
FORM = re.compile(r"(\S+) (\d+) ([a-z-]+) (\S+)(?: (\S+))? \.")
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Word(StrEnum):
    """What happened. Of two words that take each other back, the later one counts."""

    # The first line of a fence; the id is made up.
    BEGUN = "begun"
    ISSUED = "token-issued"
    REVOKED = "token-revoked"
    SUSPENDED = "token-suspended"
    RESUMED = "token-resumed"
    # The value is when.
    ENDS = "token-ends"
    DEACTIVATED = "user-deactivated"
    REACTIVATED = "user-reactivated"
    DELETED = "user-deleted"
    DEMOTED = "user-demoted"
    PROMOTED = "user-promoted"
    # A password or a second factor is another one, or gone.
    CREDENTIALS = "user-credentials"
    # Some or all of their sessions.
    SESSIONS_ENDED = "user-sessions-ended"
    # An account at the OpenID Connect provider opens this one no more.
    IDENTITY_LOST = "user-identity-lost"
    APPLICATION_DISABLED = "application-disabled"
    APPLICATION_ENABLED = "application-enabled"
    # The value is a scope.
    SCOPE_LOST = "application-scope-lost"
    SCOPE_GAINED = "application-scope-gained"
    SERVER_DISABLED = "server-disabled"
    SERVER_ENABLED = "server-enabled"
    SERVER_DELETED = "server-deleted"
    # The value is the end of its hint.
    SECRET_REMOVED = "server-secret-removed"  # noqa: S105 - a word, no secret
    # The id is the type of what was made or changed in another way, and its own.
    CHANGED = "changed"


WITH_VALUE = frozenset([Word.ENDS, Word.SCOPE_LOST, Word.SCOPE_GAINED, Word.SECRET_REMOVED])


class Line(NamedTuple):
    """One line, as it was read."""

    at: datetime
    # The number of the entry of the audit log that records the act.
    seq: int
    word: Word
    id: str
    value: str = ""


def line_text(line: Line) -> str:
    """A line as it is written, without the break behind it."""
    return " ".join(filter(None, [instant_text(line.at), str(line.seq), line.word, line.id, line.value, "."]))


def read_line(text: str) -> Line | None:
    """What a line says; None for what is no line, such as what a crash left of one, or that of a later version."""
    match = FORM.fullmatch(text)
    if match is None or match[3] not in set(Word):
        return None
    word, value = Word(match[3]), match[5] or ""
    try:
        at = read_instant(match[1])
        if word == Word.ENDS:
            read_instant(value)
    except ValueError:
        return None
    if word in WITH_VALUE and not value:
        return None
    return Line(at, int(match[2]), word, match[4], value)


def name_of(text: str) -> str:
    """A short name of a line, which may be the name of a file."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def instant_text(at: datetime) -> str:
    """An instant as lines hold it."""
    return at.astimezone(UTC).strftime(INSTANT)


def read_instant(text: str) -> datetime:
    """The instant that such a text says; raises `ValueError` for another text."""
    return datetime.strptime(text, INSTANT).replace(tzinfo=UTC)
