"""Entries of the audit log as an administrator reads them: each a sentence, what it changed, and all that it holds."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.audit.record import Source
from accounts.audit.registry import action_of, actor_words
from accounts.audit.targets import NamedTarget, kind_of_field, named_targets

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import AuditEvent

Names = Mapping[tuple[str, str], NamedTarget]

PLACES = re.compile(r"(%\((?:who|target)\)s)")
WITHOUT_SENTENCE = gettext_lazy("%(who)s: %(what)s (%(target)s)")
# What follows the sentence of an entry that came through a door.
DOORS = {
    Source.PROFILE: gettext_lazy("in the Profile"),
    Source.MANAGE: gettext_lazy("in the Instance Manager"),
    Source.API: gettext_lazy("through the API"),
}
NOTHING = "–"  # noqa: RUF001 - as tables show it


class Part(NamedTuple):
    """A piece of a sentence; with a path where it names what has a page."""

    text: str
    path: str = ""


class Change(NamedTuple):
    """What a field was before, and what it is after."""

    field: str
    before: str
    after: str


class Field(NamedTuple):
    """One more thing that an entry holds."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An entry in words; a text is empty where there is nothing to say."""

    event: AuditEvent
    parts: list[Part]
    detail: str
    changes: list[Change]
    fields: list[Field]
    actor_name: str
    target_name: str

    @property
    def seq(self) -> int:
        """Its number."""
        return self.event.seq

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.event.at

    @property
    def sentence(self) -> str:
        """The sentence as one text."""
        return "".join(part.text for part in self.parts)

    @property
    def source(self) -> str:
        """The door in words."""
        return source_in_words(self.event.source)


def told_events(events: Sequence[AuditEvent]) -> list[ToldEvent]:
    """The entries in words; one query for each kind of what they name."""
    names = named_targets(target for event in events for target in named_in(event))
    return [told(event, names) for event in events]


def named_in(event: AuditEvent) -> Iterator[tuple[str, str]]:
    """The types and ids of what an entry names: who, what, and others among its details."""
    yield event.actor_type, event.actor_id
    yield event.target_type, event.target_id
    for details in (event.details, *(event.details.get(name) for name in ("before", "after"))):
        for name, value in details.items() if isinstance(details, dict) else ():
            if kind := kind_of_field(name):
                yield from ((kind, pk) for pk in value_as_list(value) if is_id(pk))


def told(event: AuditEvent, names: Names) -> ToldEvent:
    """One entry."""
    who, target = actor_in(event, names), named(names, event.target_type, event.target_id)
    detail = ", ".join(action_of(event).details_in_words(event.details))
    shown = {name: value for name, value in event.details.items() if name not in {"before", "after"}}
    return ToldEvent(
        event=event,
        parts=[*parts_of(sentence_of(event), {"who": who, "target": target}), *where(event)],
        detail="" if detail == target.text else detail,
        changes=changes_in(event.details, names),
        fields=[Field(name, in_words(name, value, names)) for name, value in shown.items()],
        actor_name=who.text,
        target_name=target.text,
    )


def sentence_of(event: AuditEvent) -> str:
    """The sentence with the places of its names."""
    action = action_of(event)
    return str(action.sentence or str(WITHOUT_SENTENCE).replace("%(what)s", str(action.words)))


def parts_of(sentence: str, names: Mapping[str, Part]) -> list[Part]:
    """The pieces of a sentence, with the names in their places."""
    pieces = filter(None, PLACES.split(sentence))
    return [names[piece[2:-2]] if PLACES.fullmatch(piece) else Part(piece) for piece in pieces]


def actor_in(event: AuditEvent, names: Names) -> Part:
    """Who acted: by name, and otherwise in words."""
    words = actor_words(event.actor_type)
    is_itself = (event.actor_type, event.actor_id) == (event.target_type, event.target_id)
    actor = names[event.actor_type, event.actor_id]
    if words and (is_itself or not actor.name):
        return Part(str(words), actor.path)
    return Part(actor.name or _("A deleted user"), actor.path)


def named(names: Names, kind: str, pk: str) -> Part:
    """What is known of a target: its name, and otherwise its kind."""
    target = names[kind, pk]
    return Part(target.name or target.kind, target.path)


def where(event: AuditEvent) -> list[Part]:
    """From which address and through which door, at the end of the sentence."""
    door = str(DOORS.get(Source(event.source), "")) if event.source in Source.values else ""
    address = pgettext("after a sentence", "from %(address)s") % {"address": event.address} if event.address else ""
    return [Part(f" {text}") for text in (address, door) if text]


def source_in_words(source: str) -> str:
    """The door; that of another version is its code."""
    return str(Source(source).label) if source in Source.values else source


def changes_in(details: Mapping[str, Any], names: Names) -> list[Change]:
    """What an entry changed, field by field; of what began or ended every field that held anything."""
    before, after = details.get("before"), details.get("after")
    if all(isinstance(side, dict | None) for side in (before, after)):
        was, has = before or {}, after or {}
        named = [name for name in {**was, **has} if value_as_list(was.get(name)) != value_as_list(has.get(name))]
        return [change(name, was.get(name), has.get(name), names) for name in named]
    return [] if before == after else [change("", before, after, names)]


def change(name: str, before: Any, after: Any, names: Names) -> Change:
    """One field."""
    return Change(name, in_words(name, before, names), in_words(name, after, names))


def in_words(name: str, value: Any, names: Names) -> str:
    """A value of a detail; of an id the name of what it stands for, where that is known."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    kind = kind_of_field(name)
    known = ((names.get((kind, str(one))), str(one)) for one in value_as_list(value))
    return ", ".join(target.name if target and target.name else text for target, text in known) or NOTHING


def value_as_list(value: Any) -> list[Any]:
    """The values of a list, or the one; none for nothing."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def is_id(value: Any) -> bool:
    """Whether a value is an id of a row, as entries hold them."""
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
