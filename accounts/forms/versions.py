"""What a form was opened with, so that saving it does not undo what somebody else has changed since (EDIT-1).

What a form edits is described as names and values of JSON. A version says of each of them whether it is as it was; it
keeps no secret, and what is changed and changed back is as it was.
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

# How much of a version stands for each value, in hexadecimal digits.
DIGITS = 12
MOST_EVENTS_READ = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form was opened with: the version of what it showed, and by whom, in a session that began when."""

    version: str
    by: User
    since: datetime


class ChangedMeanwhile(Exception):
    """Something of what a form was opened with has changed since; nothing was saved."""

    def __init__(self, target: Target, state: dict[str, Any], changed: list[str]) -> None:
        super().__init__(", ".join(changed))
        self.target, self.state, self.changed = target, state, changed


def version_of(state: dict[str, Any]) -> str:
    """The version of what is described."""
    return "".join(digits_of(name, state[name]) for name in sorted(state))


def digits_of(name: str, value: Any) -> str:
    """What stands for one value; the order of several does not matter."""
    plain = sorted(value) if isinstance(value, list) else value
    return hashlib.sha256(json.dumps([name, plain]).encode()).hexdigest()[:DIGITS]


def require_as_opened(opened: Opened | None, target: Target, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise `ChangedMeanwhile` where `before` is not what the form was opened with; call it under the lock of the row.

    Saving what there is already undoes nothing: a form that is sent twice is no conflict. None: no form, but a
    program that names what it changes.
    """
    if opened is None or version_of(after) == version_of(before):
        return
    if changed := changed_since(opened, target, before):
        raise ChangedMeanwhile(target, before, changed)


def changed_since(opened: Opened, target: Target, state: dict[str, Any]) -> list[str]:
    """The names of what is not as the form showed it.

    A form may come without a version that can be read: from a page of another release, or a program. It was opened in
    the session that sends it, so that it can undo only what others have changed since that session began.
    """
    names = sorted(state)
    if len(opened.version) == DIGITS * len(names):
        parts = [opened.version[start : start + DIGITS] for start in range(0, len(opened.version), DIGITS)]
        return [name for name, part in zip(names, parts, strict=True) if part != digits_of(name, state[name])]
    events = changes_by_others(target, opened.by, since=opened.since)
    return [name for name in names if any(name in fields_changed_by(event) for event in events)]


def last_changes(changed: ChangedMeanwhile) -> dict[str, AuditEvent]:
    """What is recorded last of each thing that has changed; nothing of what no record names."""
    events = list(changes_of(changed.target)[:MOST_EVENTS_READ])
    found = {name: [event for event in events if name in fields_changed_by(event)] for name in changed.changed}
    return {name: concerning[0] for name, concerning in found.items() if concerning}
