"""What clients did and what they were answered, each with the moments of its call and its return by one clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

Interval = tuple[float, float]
ANY_TIME: Interval = (-inf, inf)


@dataclass(frozen=True, slots=True)
class Operation:
    """One act or question of one client.

    `called` and `returned` are seconds of the monotonic clock. Without an answer nothing is known of it: it may have
    its effect at any time from its call on, or never, so that it returns at no time.
    """

    number: int
    client: int
    act: str
    about: Mapping[str, Any]
    called: float
    returned: float = inf
    # What it was asked through: the name of a machine, and a door where there are several.
    by: str = ""
    # The earliest and the latest time, in seconds since 1970, that the asked machine's clock may have told meanwhile.
    clock: Interval = ANY_TIME
    answer: Mapping[str, Any] | None = field(default=None)

    @property
    def is_known(self) -> bool:
        """Whether an answer says what came of it."""
        return self.answer is not None

    @property
    def status(self) -> int:
        """The status of the answer; 0 where nothing is known."""
        return int(self.answer["status"]) if self.answer else 0

    @property
    def changes_nothing(self) -> bool:
        """Whether it is a question, or was refused."""
        return self.act in QUESTIONS or self.status >= REFUSED


QUESTIONS = frozenset({"validate", "let_in", "read"})
DONE, REFUSED = 204, 300


def taken_apart(operation: Operation, numbers: Iterator[int]) -> list[Operation]:
    """What was answered at once, though it was found at several moments: an operation for each, of the same time.

    A token that revokes itself (204) is let in first. Each answer of a batch is one of its own: those about `others`.
    """
    if operation.act == "revoke" and operation.status == DONE:
        return [replace(operation, number=next(numbers), act="let_in"), operation]
    if operation.answer is None or "others" not in operation.answer:
        return [operation]
    own = {name: told for name, told in operation.answer.items() if name != "others"}
    others = [
        replace(operation, number=next(numbers), about={"token": name}, answer=told)
        for name, told in operation.answer["others"]
    ]
    return [replace(operation, answer=own), *others]
