"""Somebody at a terminal, who answers what a command asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Terminal(NamedTuple):
    """A terminal at which somebody types one answer."""

    answer: str

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.answer


class Meanwhile:
    """A terminal at which something happens before the first question is answered."""

    def __init__(self, happens: Callable[[], object], *answers: str) -> None:
        self.happens, self.answers = [happens], list(answers)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        while self.happens:
            self.happens.pop()()
        return self.answers.pop(0)
