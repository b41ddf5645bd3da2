"""One application, its owner and its tokens at one moment, and why a token is good then or not."""

from __future__ import annotations

from math import floor, inf
from typing import NamedTuple

from tests.consistency.history import ANY_TIME, Interval

CLOSED = "None"


class Value(NamedTuple):
    """One value of a token, of the family of those that replaced each other; it ends between its `ends`.

    A value that takes its place lives for its `length` (TOK-10).
    """

    name: str
    family: str
    key: str
    scopes: frozenset[str]
    ends: Interval
    revoked: bool = False
    suspended: bool = False
    replaced: bool = False
    length: Interval = ANY_TIME


class State(NamedTuple):
    """All that decides, at one moment."""

    enabled: bool
    policy: str
    scopes: frozenset[str]
    owner: bool
    values: tuple[Value, ...] = ()

    @property
    def may_issue(self) -> bool:
        """Whether the policy and the switches let a token be made (POL-2, POL-4, POL-5)."""
        return self.enabled and self.owner and self.policy != CLOSED

    def named(self, name: str) -> Value | None:
        """The value of this name, if it was issued."""
        return next((value for value in self.values if value.name == name), None)

    def put(self, *values: Value) -> State:
        """The state with these values in the place of those of the same names, or beside the others."""
        names = {value.name for value in values}
        others = [value for value in self.values if value.name not in names]
        return self._replace(values=tuple(sorted([*others, *values])))


def expired(value: Value, clock: Interval) -> tuple[bool, ...]:
    """Whether the value has ended by time, by a clock that tells a time between these; both where it may be either."""
    earliest, latest = clock
    if earliest >= value.ends[1]:
        return (True,)
    return (True, False) if latest >= value.ends[0] else (False,)


def ended(value: Value, clock: Interval) -> tuple[bool, ...]:
    """Whether the value has ended for good, as acts on it see that."""
    return (True,) if value.revoked else expired(value, clock)


def reason(state: State, value: Value, *, has_expired: bool) -> str:
    """Why the value is not good, in the order of VAL-1; empty where it is."""
    reasons = {
        "revoked": value.revoked,
        "suspended": value.suspended,
        "expired": has_expired,
        "application_disabled": not state.enabled,
        "holder_inactive": not state.owner,
        "no_scopes": not value.scopes & state.scopes,
    }
    return next((name for name, holds in reasons.items() if holds), "")


def anonymous(what: object) -> str:
    """The name of a value that no answer has told."""
    return f"?{what}"


def exactly(moment: float) -> Interval:
    """An end that is known."""
    return moment, moment


def whole(clock: Interval) -> Interval:
    """The clock without the parts of its seconds."""
    earliest, latest = clock
    return (earliest if earliest == -inf else floor(earliest)), latest


def length_of_life(ends: float, clock: Interval) -> Interval:
    """How long a value lives that is issued by this clock, counted in whole seconds."""
    earliest, latest = whole(clock)
    return ends - latest, ends - earliest


def later(clock: Interval, length: Interval) -> Interval:
    """The clock after so long."""
    earliest, latest = whole(clock)
    return earliest + length[0], latest + length[1]


def lies_in(moment: float | None, bounds: Interval) -> bool:
    """Whether there is such a moment, and it is none too soon and none too late."""
    return moment is not None and bounds[0] <= moment <= bounds[1]
