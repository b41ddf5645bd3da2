"""The sequential model: one application, its owner and its tokens, and which answers they explain.

The owner of service access tokens is the System User of their application. The rules are those of docs/design/rules.md:
VAL-1 (the order of reasons), POL-2 to POL-7, TOK-5, TOK-8 to TOK-11, EDIT-1, MANY-1. Nothing is cached, so that no rule
gives an answer time to be late (VAL-2); what ends by time does so by the clock of the machine that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from tests.consistency.history import Interval, Operation
from tests.consistency.state import (
    State,
    Value,
    anonymous,
    ended,
    exactly,
    expired,
    later,
    length_of_life,
    lies_in,
    reason,
    whole,
)

CREATED = 201
UNAUTHORIZED, CONFLICT, CHANGED_MEANWHILE = 401, 409, 412


States = Iterator[State]


def after(state: State, operation: Operation) -> list[State]:
    """The states in which the operation may leave this one; none where its answer cannot be explained.

    Without an answer: those in which it may have an effect.
    """
    return list(ACTS[operation.act](state, operation))


def validate(state: State, asked: Operation) -> States:
    """A door lets in what is good, with what it may do now (POL-7), and nothing else."""
    value, answer = state.named(asked.about["token"]), asked.answer or {}
    if value is None:
        return
    for has_expired in expired(value, asked.clock):
        why = reason(state, value, has_expired=has_expired)
        told = answer.get("reason", "")
        if answer["active"]:
            if not why and tells_the_truth(state, value, answer):
                yield state
        elif why and told in {"", why}:
            yield state


def tells_the_truth(state: State, value: Value, answer: Any) -> bool:
    """Whether what a door says beside "active" is so: which token it is, for what it is good, and until when."""
    is_this = answer["id"] == value.name and frozenset(answer["scopes"]) == value.scopes & state.scopes
    return is_this and lies_in(answer["expires_at"], value.ends)


def let_in(state: State, asked: Operation) -> States:
    """A door behind which something is done lets in what is good, and says nothing else."""
    value = state.named(asked.about["token"])
    if value and any(not reason(state, value, has_expired=it) for it in expired(value, asked.clock)):
        yield state


def read(state: State, asked: Operation) -> States:
    """The settings of the application are told as they are."""
    if settings_of(asked.answer or {}) == (state.enabled, state.policy, state.scopes):
        yield state


def settings_of(told: Any) -> tuple[bool, str, frozenset[str]]:
    """The settings that an answer or a request tells."""
    return told["enabled"], told["policy"], frozenset(told["scopes"])


def issue(state: State, act: Operation) -> States:
    """One token for each key (TOK-3), where the policy allows it; a second request is told of the first one's."""
    key, answer = act.about["key"], act.answer or {}
    before = next((value for value in state.values if value.key == key), None)
    wanted = frozenset(act.about["scopes"])
    if before:
        if act.status == CONFLICT and answer.get("id") and (before.name in {answer["id"], anonymous(key)}):
            yield state
        return
    ends, is_allowed = act.about["expires_at"], state.may_issue and wanted <= state.scopes
    if act.status in {0, CREATED}:
        if is_allowed and act.clock[0] < ends:
            name = answer.get("id") or anonymous(key)
            yield state.put(Value(name, name, key, wanted, exactly(ends), length=length_of_life(ends, act.clock)))
    elif not answer.get("id") and (not is_allowed or ends <= act.clock[1]):
        yield state


def rotate(state: State, act: Operation) -> States:
    """A new value for the newest one, if it could be issued today; the old one lives on for the overlap (TOK-10)."""
    old = state.named(act.about["token"])
    if old is None:
        return
    kept = old.scopes & state.scopes
    may = state.may_issue and bool(kept) and not (old.revoked or old.suspended or old.replaced)
    for has_expired in expired(old, act.clock):
        if act.status == CONFLICT:
            if has_expired or not may:
                yield state
        elif may and not has_expired:
            yield from rotated(state, act, old, kept)


def rotated(state: State, act: Operation, old: Value, kept: frozenset[str]) -> States:
    """The state after a rotation, where its answer tells the truth."""
    answer, overlap, lives = act.answer, act.about["overlap"], later(act.clock, old.length)
    earliest, latest = whole(act.clock)
    ends = min(earliest + overlap, old.ends[0]), min(latest + overlap, old.ends[1])
    if answer:
        if frozenset(answer["scopes"]) != kept:
            return
        if not (lies_in(answer["previous"], ends) and lies_in(answer["expires_at"], lives)):
            return
        ends, lives = exactly(answer["previous"]), exactly(answer["expires_at"])
    name = answer["id"] if answer else anonymous(act.number)
    left = old._replace(replaced=True, ends=ends) if overlap else old._replace(replaced=True, revoked=True)
    yield state.put(left, Value(name, old.family, "", kept, lives, length=old.length))


def revoke(state: State, act: Operation) -> States:
    """Final, with the old values beside the newest one (TOK-8, TOK-10); what has ended stays as it is."""
    value = state.named(act.about["token"])
    if value is None:
        return
    if act.status == UNAUTHORIZED:
        # The door where a token revokes itself lets in only what is good.
        if any(reason(state, value, has_expired=has_expired) for has_expired in expired(value, act.clock)):
            yield state
        return
    for is_ended in ended(value, act.clock):
        if is_ended:
            if not told_of(act):
                yield state
        else:
            yield from with_old_values(state, act, value, "revoked")


def suspend(state: State, act: Operation) -> States:
    """As a revocation that can be taken back (TOK-9); what has ended, or is suspended, stays as it is."""
    value = state.named(act.about["token"])
    if value is None:
        return
    for is_ended in ended(value, act.clock):
        if act.status == CONFLICT:
            if is_ended:
                yield state
        elif is_ended or value.suspended:
            if not told_of(act):
                yield state
        else:
            yield from with_old_values(state, act, value, "suspended")


def told_of(act: Operation) -> frozenset[str]:
    """The old values to which an answer says that the same was done."""
    return frozenset((act.answer or {}).get("old_values") or ())


def with_old_values(state: State, act: Operation, value: Value, column: str) -> States:
    """The state with this done to the value and, where it is the newest, to those beside it that have not ended."""
    withdrawn: dict[str, Any] = {column: True}
    others = [other for other in state.values if other.family == value.family and other != value]
    beside = [] if value.replaced else [other for other in others if not getattr(other, column)]
    for done in chosen(beside, act.clock):
        names = frozenset(other.name for other in done)
        tells = (act.answer or {}).get("old_values")
        if tells is None or known(names) == frozenset(tells) & {other.name for other in others}:
            yield state.put(*(each._replace(**withdrawn) for each in (value, *done)))


def known(names: frozenset[str]) -> frozenset[str]:
    """Those of the names that an answer can tell."""
    return frozenset(name for name in names if not name.startswith("?"))


def chosen(values: list[Value], clock: Interval) -> Iterator[list[Value]]:
    """Those of the values that have not ended; several ways where a clock may tell of one either way."""
    for fates in product(*(ended(value, clock) for value in values)):
        yield [value for value, is_ended in zip(values, fates, strict=True) if not is_ended]


def resume(state: State, act: Operation) -> States:
    """Good again; what has ended stays as it is, which is refused."""
    value = state.named(act.about["token"])
    if value is None:
        return
    for is_ended in ended(value, act.clock):
        if is_ended:
            if act.status in {0, CONFLICT}:
                yield state
        elif act.status != CONFLICT:
            yield state.put(value._replace(suspended=False))


def revoke_many(state: State, act: Operation) -> States:
    """All that have not ended of those that are named, or none: as many as were expected (MANY-1).

    A refusal tells how many there are. Of a part of the state nothing is known about their number.
    """
    named = [value for value in state.values if value.name in act.about["tokens"]]
    is_all = not act.about.get("is_part")
    for done in chosen(named, act.clock):
        is_expected = len(done) == act.about["expected"]
        if act.status == CONFLICT:
            if not is_all or (not is_expected and len(done) == (act.answer or {}).get("count")):
                yield state
        elif not is_all or is_expected:
            yield state.put(*(value._replace(revoked=True) for value in done))


def change(state: State, act: Operation) -> States:
    """New settings in the place of those that were read, or nothing where others stand there (EDIT-1).

    To save what stands there already undoes nothing, whatever was read.
    """
    is_as_read = settings_of(act.about["read"]) == (state.enabled, state.policy, state.scopes)
    wanted = state._replace(policy=act.about["policy"], scopes=frozenset(act.about["scopes"]))
    may_be_saved = is_as_read or wanted == state
    if (act.status == CHANGED_MEANWHILE) != may_be_saved:
        yield state if act.status == CHANGED_MEANWHILE else wanted


def switch(column: str, *, to: bool) -> Callable[[State, Operation], States]:
    """An act that turns the application or its owner on or off."""

    turned: dict[str, Any] = {column: to}

    def turn(state: State, _act: Operation) -> States:
        yield state._replace(**turned)

    return turn


ACTS: dict[str, Callable[[State, Operation], States]] = {
    "validate": validate,
    "let_in": let_in,
    "read": read,
    "issue": issue,
    "rotate": rotate,
    "revoke": revoke,
    "revoke_many": revoke_many,
    "suspend": suspend,
    "resume": resume,
    "change": change,
    "enable": switch("enabled", to=True),
    "disable": switch("enabled", to=False),
    "reactivate": switch("owner", to=True),
    "deactivate": switch("owner", to=False),
}
