"""Versions of forms, so that saving one does not undo the changes of others since it was opened (EDIT-1).

The state that a form edits is a set of names and values of JSON. A version tells for each value whether it is still the
same. It is no secret, and a value that was changed back counts as the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.audit.queries import changes_by_others, changes_of, fields_changed_by

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit.record import Target
    from accounts.models import AuditEvent, User

# A version holds so many hexadecimal digits for each value.
DIGITS = 12
MOST_EVENTS_READ = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """The opening of a form: the version it showed, the user, and the start of their session.

    A program, which has neither, names a version that it has read.
    """

    version: str
    by: User | None = None
    since: datetime | None = None


class ChangedMeanwhile(Exception):
    """Somebody has changed a value since the form was opened; nothing was saved."""

    def __init__(self, target: Target, state: dict[str, Any], changed: list[str]) -> None:
        super().__init__(", ".join(changed))
        self.target, self.state, self.changed = target, state, changed


def version_of(state: dict[str, Any]) -> str:
    """The version of a state."""
    return "".join(digits_of(name, state[name]) for name in sorted(state))


def digits_of(name: str, value: Any) -> str:
    """The digits for one value; the order of a list does not matter."""
    plain = sorted(value) if isinstance(value, list) else value
    return hashlib.sha256(json.dumps([name, plain]).encode()).hexdigest()[:DIGITS]


def require_as_opened(opened: Opened | None, target: Target, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise `ChangedMeanwhile` where `before` is not the state the form was opened with; call it under the row's lock.

    Saving the current state undoes nothing: a form that is sent twice is no conflict. None: there is no form, but a
    program that names its changes.
    """
    if version_of(after) != version_of(before):
        require_unchanged(opened, target, before)


def require_unchanged(opened: Opened | None, target: Target, state: dict[str, Any]) -> None:
    """Raise `ChangedMeanwhile` where `state` is not the one that was `opened`; call it under the row's lock.

    For an act that is about the whole of a thing, such as its deletion. None: whatever its state is.
    """
    if opened is None:
        return
    if changed := changed_since(opened, target, state):
        raise ChangedMeanwhile(target, state, changed)


def changed_since(opened: Opened, target: Target, state: dict[str, Any]) -> list[str]:
    """The names of the values that differ from those the form showed.

    A form of another release, or of a program, may come without a readable version. It was opened in the session that
    sends it, so it can undo only changes that others made since that session began.
    """
    names = sorted(state)
    if len(opened.version) == DIGITS * len(names):
        parts = [opened.version[start : start + DIGITS] for start in range(0, len(opened.version), DIGITS)]
        return [name for name, part in zip(names, parts, strict=True) if part != digits_of(name, state[name])]
    if opened.by is None or opened.since is None:
        return names
    events = changes_by_others(target, opened.by, since=opened.since)
    return [name for name in names if any(name in fields_changed_by(event) for event in events)]


def last_changes(changed: ChangedMeanwhile) -> dict[str, AuditEvent]:
    """The last audit entry about each changed value, where there is one."""
    events = list(changes_of(changed.target)[:MOST_EVENTS_READ])
    found = {name: [event for event in events if name in fields_changed_by(event)] for name in changed.changed}
    return {name: concerning[0] for name, concerning in found.items() if concerning}
