"""Why no order explains a history: as few of its operations as already contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import inf

from tests.consistency.checker import MOST_CONFIGURATIONS, Undecided, first_unexplained
from tests.consistency.history import Operation
from tests.consistency.state import State

# What gives a value its name: without it nothing that was asked about the value makes sense.
MAKES_A_VALUE = frozenset({"issue", "rotate"})


def shortest(part: Sequence[Operation], start: State, most: int = MOST_CONFIGURATIONS) -> list[Operation]:
    """The operations of the part that contradict each other, in the order of their calls; none where none do.

    What is left out was asked and is no matter, or may as well have happened at any time or never. Raises `Undecided`
    where `most` configurations are not enough.
    """
    last = first_unexplained(part, start, most=most)
    if last is None:
        return []
    asked = [each for each in part if not each.changes_nothing or each is last]
    left = [each for each in asked if each.called <= last.returned]
    if not contradict(left, start, ()):
        left = [each for each in part if each.called <= last.returned]
    loose: set[int] = set()
    for each in left:
        if each is not last and each.act not in MAKES_A_VALUE and contradict(left, start, loose | {each.number}):
            loose.add(each.number)
    kept = [each for each in left if each.number not in loose and each.is_known]
    return [each for each in kept if each is last or concerns(each, kept)]


def contradict(operations: Collection[Operation], start: State, loose: Collection[int]) -> bool:
    """Whether no order explains them, as far as can be told."""
    try:
        return first_unexplained(operations, start, loose) is not None
    except Undecided:
        return False


def concerns(operation: Operation, kept: Sequence[Operation]) -> bool:
    """Whether it is more than the making of a token that none of the others is about."""
    if operation.act not in MAKES_A_VALUE:
        return True
    others = [each for each in kept if each is not operation]
    names = {name for each in others for name in (each.about.get("token"), *each.about.get("tokens", ()))}
    keys = {each.about["key"] for each in others if each.act == "issue"}
    mine = {(operation.answer or {}).get("id"), operation.about.get("token")} - {None}
    return bool(mine & names) or operation.about.get("key") in keys


def lines(operations: Collection[Operation]) -> Iterator[str]:
    """The operations in words, a line for each."""
    began = min((each.called for each in operations), default=0.0)
    for each in operations:
        took = "" if each.returned == inf else f" to +{each.returned - began:.3f}"
        told = {name: shown(value) for name, value in (each.answer or {}).items()}
        about = {name: shown(value) for name, value in each.about.items()}
        yield f"+{each.called - began:.3f}{took} s: client {each.client} at {each.by}: {each.act} {about}: {told}"


def shown(value: object) -> object:
    """A value as a line shows it: an id by its beginning."""
    if isinstance(value, frozenset | set | list | tuple):
        return sorted(map(str, map(shown, value)))
    return value[:8] if isinstance(value, str) else value
