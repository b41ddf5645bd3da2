"""A run: worlds while the nemesis does its worst, each judged at once; what was found, and what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from tests.consistency.checker import MOST_CONFIGURATIONS, Undecided, by_token, telling
from tests.consistency.clients import worlds
from tests.consistency.explanation import lines, shortest
from tests.consistency.history import Operation
from tests.consistency.machines import Instance
from tests.consistency.nemesis import nemesis
from tests.consistency.world import World

# What a run ends with; 2 is what a usage error ends with elsewhere.
EXPLAINED, FOUND, NOT_DECIDED = 0, 1, 3
# A part of a world is small, and what is left of it undecided is decided by nobody: it is looked at for longer.
MOST_OF_A_PART = 10 * MOST_CONFIGURATIONS
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
    # Of what was too much as a whole: worlds judged by token alone, and parts of them that are too much as well.
    by_token: int = 0
    undecided: int = 0
    anomalies: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def take(self, world: World) -> None:
        """Count a world, and judge it."""
        self.worlds += 1
        self.operations += len(world.operations)
        self.unknown += sum(not each.is_known for each in world.operations)
        self.acts.update(each.act for each in world.operations)
        judgement = judged(world)
        self.anomalies += judgement.anomalies
        self.by_token += judgement.is_by_token
        self.undecided += judgement.undecided

    @property
    def status(self) -> int:
        """0 where every answer is explained, 1 where one is not, `NOT_DECIDED` where of a part nobody knows."""
        if self.anomalies:
            return FOUND
        return NOT_DECIDED if self.undecided else EXPLAINED

    def told(self) -> str:
        """It in words."""
        acts = ", ".join(f"{name} {number:,}" for name, number in self.acts.most_common())
        faults = "; ".join(f"{name}: {number:,}" for name, number in self.faults.most_common())
        return (
            f"{self.kind}: {self.operations:,} operations in {self.worlds:,} worlds and {self.seconds:,.0f} s, of"
            f" {self.unknown:,} nothing known; {acts}\n{faults}\n"
            f"{len(self.anomalies):,} anomalies, {self.by_token:,} worlds judged by token alone,"
            f" {self.undecided:,} parts undecided"
        )


@dataclass
class Judgement:
    """What contradicts in a world, in words; whether it was too much as a whole, and how many of its parts were."""

    anomalies: list[str]
    is_by_token: bool = False
    undecided: int = 0


def judged(world: World) -> Judgement:
    """What is to be said of a world: as a whole, and by token where that is too much."""
    known = telling(world.operations)
    try:
        return Judgement(world.wrong + explained(shortest(known, world.start)))
    except Undecided:
        judgement = Judgement([*world.wrong], is_by_token=True)
    for part in by_token(known):
        try:
            judgement.anomalies += explained(shortest(part, world.start, MOST_OF_A_PART))
        except Undecided:
            judgement.undecided += 1
    return judgement


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
