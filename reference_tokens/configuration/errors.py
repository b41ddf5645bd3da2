"""What can be wrong with a configuration."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong, and where: a JSON pointer, or a line."""

    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}" if self.place else self.detail


class NotValid(Exception):
    """The configuration cannot be applied; nothing was done."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class PlanChanged(Exception):
    """The instance was changed since the plan was made: another plan is needed. Nothing was done."""
