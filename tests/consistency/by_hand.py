"""Histories written by hand, an operation after the other."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import Any

from tests.consistency.checker import by_token, first_unexplained
from tests.consistency.history import ANY_TIME, Operation, taken_apart
from tests.consistency.state import State

BOTH = ["read", "update"]
START = State(enabled=True, policy="AdministratorsOnly", scopes=frozenset(BOTH), owner=True)
AS_MADE = {"enabled": True, "policy": "AdministratorsOnly", "scopes": BOTH}
# The end of a token, and of the value that takes its place in the second operation of a history.
LATE, LATER = 10_000.0, 10_001.0
OUT = {"status": 200, "active": False}


class History:
    """Operations one after the other, a second each, unless a time is given; the clock tells the same seconds."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._numbers, self._others = count(), count(1000)

    def __call__(
        self, act: str, answer: dict[str, Any] | None = None, at: tuple[float, float] | None = None, **about: Any
    ) -> History:
        """The same with this operation too; without an answer nothing is known of it."""
        number = next(self._numbers)
        called, returned = at or (float(number), number + 0.5)
        clock = (called, returned) if answer else ANY_TIME
        operation = Operation(number, number, act, about, called, returned if answer else inf, "one", clock, answer)
        self.operations += taken_apart(operation, self._others)
        return self

    def issued(self, name: str = "T", scopes: list[str] = BOTH, ends: float = LATE, key: str = "") -> History:
        return self("issue", {"status": 201, "id": name}, key=key or name, scopes=scopes, expires_at=ends)

    def shown(self, answer: dict[str, Any], at: tuple[float, float] | None = None, token: str = "T") -> History:
        told = {"id": token, **answer} if answer["active"] else answer
        return self("validate", told, at, token=token)

    def done(self, act: str, status: int = 200, at: tuple[float, float] | None = None, **about: Any) -> History:
        return self(act, {"status": status}, at, **about)

    def revoked(self, at: tuple[float, float] | None = None, token: str = "T", old: list[str] | None = None) -> History:
        return self("revoke", {"status": 200, "old_values": old or []}, at, token=token)

    def rotated(self, old: str, new: str, overlap: int, previous: float | None, ends: float | None = LATER) -> History:
        told = {"status": 201, "id": new, "scopes": BOTH, "expires_at": ends, "previous": previous}
        return self("rotate", told, token=old, overlap=overlap)

    @property
    def is_explained(self) -> bool:
        """Whether it is as a whole, and token by token."""
        whole = first_unexplained(self.operations, START) is None
        parts = all(first_unexplained(part, START) is None for part in by_token(self.operations))
        # A part may not tell that many were done by halves; it never finds more than the whole does.
        assert parts or not whole
        return whole


def good(scopes: list[str] = BOTH, ends: float | None = LATE, **more: Any) -> dict[str, Any]:
    """What a door says of a token that is good: of the one that is shown, unless an `id` is given."""
    return {"status": 200, "active": True, "scopes": scopes, "expires_at": ends, **more}


def out(why: str) -> dict[str, Any]:
    """What a door says that tells why a token is not good."""
    return OUT | {"reason": why}
