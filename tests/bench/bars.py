"""The bars: what is measured is held against what it should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A measured value beside its bar."""

    what: str
    bar: str
    measured: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        return {True: "holds", False: "falls short", None: "not measured"}[self.holds]


def at_least(what: str, bar: float, measured: float, unit: str = "", digits: int = 2) -> Finding:
    """What should be so much or more."""
    return Finding(what, f"≥ {number(bar, digits)}{unit}", f"{number(measured, digits)}{unit}", measured >= bar)


def at_most(what: str, bar: float, measured: float, unit: str = "", digits: int = 2) -> Finding:
    """What should be so much or less."""
    return Finding(what, f"≤ {number(bar, digits)}{unit}", f"{number(measured, digits)}{unit}", measured <= bar)


def not_measured(what: str, why: str) -> Finding:
    return Finding(what, "", why, None)


def number(value: float, digits: int) -> str:
    """In figures, with as many decimals as tell something."""
    return f"{value:,.{digits}f}" if value < 100 else f"{value:,.0f}"
