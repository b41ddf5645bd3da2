"""Whether some order of the operations explains all answers: linearizability (Herlihy and Wing 1990).

An own search: that of Wing and Gong (1993) with Lowe's memo (2017). It goes through calls and returns in the order of
time and keeps every configuration that is left: a state, and those of the open operations that have had their effect
in it. An operation has its effect no sooner than its return demands. Where that is too much, a world is partitioned as
Porcupine does: by token, that is by the values that replaced each other, with the acts on their application and its
owner in every part. That loses the order between tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from math import inf

from tests.consistency.history import Operation
from tests.consistency.model import CREATED, after
from tests.consistency.state import State

# A state, and which of the open operations have had their effect: a bit for each.
Configuration = tuple[State, int]
# Each act of unknown outcome may double what may be.
MOST_CONFIGURATIONS = 20_000
# So many times as many are carried from return to return in all; a world of a few hundred operations is looked at for
# some seconds.
IN_ALL = 10
OF_APPLICATION = frozenset({"change", "enable", "disable", "reactivate", "deactivate", "read"})


class Undecided(Exception):
    """There are more configurations than are looked at."""


def first_unexplained(
    operations: Collection[Operation], start: State, loose: Collection[int] = (), most: int = MOST_CONFIGURATIONS
) -> Operation | None:
    """The first operation to return with an answer that no order explains, or None.

    Those with a `loose` number may have an effect at any time from their call on, as often as they like, or never.
    Raises `Undecided` where there are more than `most` configurations at once, or ten times as many in all.
    """
    open_, bits = {}, {operation.number: 1 << place for place, operation in enumerate(operations)}
    configurations: set[Configuration] = {(start, 0)}
    carried = 0
    for is_return, operation in events(operations, loose):
        bit = bits[operation.number]
        if not is_return:
            open_[0 if operation.number in loose else bit, operation.number] = operation
            if operation.changes_nothing:
                configurations = {settled(each, open_) for each in configurations}
            continue
        configurations = earliest(with_effect(configurations, bit, open_, most), open_)
        if not configurations:
            return operation
        carried += len(configurations)
        if carried > IN_ALL * most:
            raise Undecided
        del open_[bit, operation.number]
        configurations = {(state, done & ~bit) for state, done in configurations}
    return None


Open = dict[tuple[int, int], Operation]


def events(operations: Iterable[Operation], loose: Collection[int]) -> Iterator[tuple[bool, Operation]]:
    """Calls, and returns of what is known, in the order of time; a call before a return of the same moment."""
    found = [(operation.called, False, operation) for operation in operations]
    found += [
        (operation.returned, True, operation)
        for operation in operations
        if operation.returned < inf and operation.number not in loose
    ]
    for _at, is_return, operation in sorted(found, key=lambda event: event[:2]):
        yield is_return, operation


def settled(configuration: Configuration, open_: Open) -> Configuration:
    """The same with every open question that its state answers so: to be answered early never stands in the way."""
    state, done = configuration
    for (bit, _number), operation in open_.items():
        if operation.changes_nothing and not done & bit and after(state, operation):
            done |= bit
    return state, done


def with_effect(configurations: set[Configuration], bit: int, open_: Open, most: int) -> set[Configuration]:
    """Every configuration in which this operation has had its effect, that others may lead to; raises `Undecided`."""
    reached, seen, left = set(), set(configurations), list(configurations)
    kinds = [(other, each, kind_of(each)) for (other, _number), each in open_.items() if not each.changes_nothing]
    while left:
        state, done = left.pop()
        if done & bit:
            reached.add((state, done))
            continue
        # Of those of unknown outcome that are alike, the one that was called first: it can do what each other can.
        alike: set[str] = set()
        for other, operation, kind in kinds:
            if done & other or kind in alike:
                continue
            alike |= {kind} - {""}
            for following in after(state, operation):
                if following == state and not operation.is_known:
                    continue
                found = settled((following, done | other), open_)
                if found not in seen:
                    seen.add(found)
                    left.append(found)
        if len(seen) > most:
            raise Undecided
    return reached


def kind_of(operation: Operation) -> str:
    """What acts of unknown outcome have in common that may do the same; empty for one that was answered."""
    return "" if operation.is_known else f"{operation.act} {operation.about}"


def earliest(configurations: set[Configuration], open_: Open) -> set[Configuration]:
    """Those from which one gets to all the others by acts of unknown outcome, which can always wait."""
    waiting = [(bit, each) for (bit, _number), each in open_.items() if bit and not each.is_known]
    unknown = sum(bit for bit, _operation in waiting)
    left: dict[Configuration, list[int]] = {}
    for state, done in sorted(configurations, key=lambda each: (each[1] & unknown).bit_count()):
        used = left.setdefault((state, done & ~unknown), [])
        if all(fewer & ~done for fewer in used):
            used.append(done & unknown)
    found = {(state, done | used) for (state, done), all_used in left.items() for used in all_used}
    later = {
        (following, done | bit)
        for state, done in found
        for bit, operation in waiting
        if not done & bit
        for following in after(state, operation)
    }
    return found - later


def telling(operations: Collection[Operation]) -> list[Operation]:
    """The operations without questions of which nothing is known."""
    return [each for each in operations if each.is_known or not each.changes_nothing]


def by_token(operations: Collection[Operation]) -> list[list[Operation]]:
    """A part for each token, and one for the application with all that was issued or refused for it."""
    family: dict[str, str] = {}
    for each in sorted(operations, key=lambda each: each.returned):
        if each.answer and each.status == CREATED:
            family.setdefault(each.answer["id"], family.get(each.about.get("token", ""), each.answer["id"]))
    names: dict[str, set[str]] = {}
    for name, of in family.items():
        names.setdefault(of, set()).add(name)
    parts = [[part for each in operations if (part := part_of(each, values))] for values in names.values()]
    return [*parts, [each for each in operations if each.act in OF_APPLICATION or each.act == "issue"]]


def part_of(operation: Operation, values: set[str]) -> Operation | None:
    """The operation as it concerns these values; None where it does not."""
    if operation.act in OF_APPLICATION or operation.about.get("token") in values:
        return operation
    if operation.act == "revoke_many" and values & set(operation.about["tokens"]):
        return replace(operation, about={**operation.about, "is_part": True})
    is_theirs = operation.act == "issue" and (operation.answer or {}).get("id") in values
    return operation if is_theirs else None
