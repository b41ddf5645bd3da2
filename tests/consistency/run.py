"""A run: worlds while the nemesis does its worst, each judged at once; what was found, and what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from tests.consistency.checker import Undecided, by_token, parts_of
from tests.consistency.clients import worlds
from tests.consistency.explanation import lines, shortest
from tests.consistency.history import Operation
from tests.consistency.machines import Instance
from tests.consistency.nemesis import nemesis
from tests.consistency.world import World

# After so much of a run the standby is promoted.
HALF = 0.5


@dataclass
class Run:
    """The figures of a run, and its anomalies as texts."""

    kind: str
    operations: int = 0
    worlds: int = 0
    unknown: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    undecided: int = 0
    anomalies: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def take(self, world: World) -> None:
        """Count a world, and judge it."""
        self.worlds += 1
        self.operations += len(world.operations)
        self.unknown += sum(not each.is_known for each in world.operations)
        self.acts.update(each.act for each in world.operations)
        found, undecided = judged(world)
        self.anomalies += found
        self.undecided += undecided

    def told(self) -> str:
        """It in words."""
        acts = ", ".join(f"{name} {number:,}" for name, number in self.acts.most_common())
        faults = "; ".join(f"{name}: {number:,}" for name, number in self.faults.most_common())
        return (
            f"{self.kind}: {self.operations:,} operations in {self.worlds:,} worlds and {self.seconds:,.0f} s, of"
            f" {self.unknown:,} nothing known; {acts}\n{faults}\n"
            f"{len(self.anomalies):,} anomalies, {self.undecided:,} parts undecided"
        )


def judged(world: World) -> tuple[list[str], int]:
    """What contradicts in a world, in words, and in how many of its parts that could not be decided."""
    found, undecided, left = [*world.wrong], 0, parts_of(world.operations)
    if len(left) == 1:
        try:
            return found + explained(shortest(left[0], world.start)), 0
        except Undecided:
            left = by_token(left[0])
    for part in left:
        try:
            found += explained(shortest(part, world.start))
        except Undecided:
            undecided += 1
    return found, undecided


def explained(contradiction: list[Operation]) -> list[str]:
    """The contradiction as one text, if there is one."""
    return ["\n".join(lines(contradiction))] if contradiction else []


@dataclass(frozen=True)
class Wanted:
    """How many operations at least, for how many seconds at most, and how."""

    operations: int
    seed: int
    seconds: float = inf
    stops_at_first: bool = False
    is_peaceful: bool = False

    def is_done(self, outcome: Run, began: float) -> bool:
        """Whether the run may end."""
        is_enough = outcome.operations >= self.operations or monotonic() - began > self.seconds
        return is_enough or (self.stops_at_first and bool(outcome.anomalies))


def run(instance: Instance, wanted: Wanted) -> Run:
    """Do what is wanted, world after world, while the nemesis acts unless it is to be peaceful."""
    outcome, began = Run(instance.kind), monotonic()
    with nemesis(instance, wanted.seed, peaceful=wanted.is_peaceful) as faults:
        for world in worlds(instance, wanted.seed):
            outcome.take(world)
            gone = max(outcome.operations / wanted.operations, (monotonic() - began) / wanted.seconds)
            if gone > HALF:
                faults.may_promote.set()
            if wanted.is_done(outcome, began):
                break
    outcome.faults, outcome.seconds = faults.done, monotonic() - began
    return outcome
