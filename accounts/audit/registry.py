"""What the apps say about the entries that they write: each registers its actions and actors when the service starts.

This package knows how an entry looks, and no word of any app above it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.audit.activities import UNKNOWN, Activity
from accounts.models import AuditEvent
from accounts.text.reasons import Reason

if TYPE_CHECKING:
    from django.utils.functional import Promise

Details = Mapping[str, Any]


def reason_in_words(details: Details) -> list[str]:
    """The reason that an entry gives, if it gives one."""
    reason = Reason.recorded(details).in_words()
    return [reason] if reason else []


def names_in_details(details: Details) -> Collection[str]:
    """The names that an entry lists as changed, or of which it holds a new value."""
    return details.get("changed") or details.get("after") or ()


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """How one action is told, in words and to log systems, and which fields of its target's form it changes (EDIT-1).

    Without `fields_changed` a form edits none.
    """

    words: Promise | str
    activity: Activity
    details_in_words: Callable[[Details], list[str]] = reason_in_words
    fields_changed: Callable[[Details], Collection[str]] | None = None
    # One sentence about `%(who)s` and `%(target)s`; where none is given, it is made of the words.
    sentence: Promise | str = ""


_actions: dict[str, RecordedAction] = {}
_actors: dict[str, Promise] = {}
_witnesses: list[Callable[[Sequence[AuditEvent]], None]] = []


def register_actions(actions: Mapping[str, RecordedAction]) -> None:
    """Add the actions that an app records; for `AppConfig.ready`."""
    _actions.update(actions)


def register_actors(actors: Mapping[str, Promise]) -> None:
    """Add the words for actors of an app that are no people, by their type; for `AppConfig.ready`."""
    _actors.update(actors)


def register_witness(witness: Callable[[Sequence[AuditEvent]], None]) -> None:
    """Have somebody told of all entries, in the transaction that writes them; for `AppConfig.ready`."""
    _witnesses.append(witness)


def tell_witnesses(events: Sequence[AuditEvent]) -> None:
    """Tell of entries that were just written."""
    for witness in _witnesses:
        witness(events)


def registered_actions() -> Mapping[str, RecordedAction]:
    """Every action that some app records."""
    return _actions


def action_of(event: AuditEvent) -> RecordedAction:
    """The action of an entry; that of another version is told by its code."""
    return _actions.get(event.action) or RecordedAction(event.action, UNKNOWN)


def actor_words(actor_type: str) -> Promise | None:
    """The words for actors of a type; None for people."""
    return _actors.get(actor_type)


def actions_of_forms() -> list[str]:
    """The actions that change what a form edits."""
    return [name for name, action in _actions.items() if action.fields_changed]
