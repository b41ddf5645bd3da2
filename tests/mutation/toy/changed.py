"""Code that is changed, to see what the driver makes of it."""

from __future__ import annotations


class Named:
    """Something with a name."""

    def __init__(self, name: str) -> None:
        self.name = name


class Amount(Named):
    """A number with a name."""

    def __init__(self, number: int) -> None:
        super().__init__("amount")
        self.number = number


def doubled(amount: Amount) -> int:
    """Twice the amount."""
    return amount.number * 2
