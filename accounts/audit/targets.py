"""What entries name by an id: its name and the path of its page, found by the app that owns the kind."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target as pages show it: what it is, its name, and the path of its page; empty where there is none."""

    kind: str
    name: str = ""
    path: str = ""


def no_names(_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Of a kind whose targets have no name and no page."""
    return {}


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of targets: its word, and what finds the names and paths of those that still exist, by their ids."""

    words: Promise
    find: Callable[[Collection[str]], Mapping[str, tuple[str, str]]] = no_names
    # The details of entries that hold ids of this kind.
    fields: Collection[str] = ()


_kinds: dict[str, TargetKind] = {}


def register_targets(kinds: Mapping[str, TargetKind]) -> None:
    """Add the kinds of targets of an app; for `AppConfig.ready`."""
    _kinds.update(kinds)


def registered_targets() -> Mapping[str, TargetKind]:
    """Every kind of targets that some app registered."""
    return _kinds


def kind_of_field(name: str) -> str:
    """The kind of what a detail of an entry holds the id of; empty where it holds none."""
    return next((kind for kind, registered in _kinds.items() if name in registered.fields), "")


def named_targets(targets: Iterable[tuple[str, str]]) -> dict[tuple[str, str], NamedTarget]:
    """What these types and ids name; one query for each kind. A kind of another version is its code."""
    ids: dict[str, set[str]] = defaultdict(set)
    for kind, pk in targets:
        ids[kind].add(pk)
    found: dict[tuple[str, str], NamedTarget] = {}
    for kind, of_kind in ids.items():
        registered = _kinds.get(kind)
        words = str(registered.words) if registered else kind
        known = registered.find(of_kind - {""}) if registered else {}
        found |= {(kind, pk): NamedTarget(words, *known.get(pk, ())) for pk in of_kind}
    return found


def uuids(ids: Collection[str]) -> list[uuid.UUID]:
    """The ids of rows whose key is a UUID."""
    return [uuid.UUID(pk) for pk in ids]
