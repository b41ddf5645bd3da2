"""Many clients, who do everything to one world after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from random import Random
from time import monotonic, sleep

from tests.consistency.calls import Line
from tests.consistency.doors import DOORS
from tests.consistency.machines import Instance
from tests.consistency.operations import OFTEN, Caller, validate_at
from tests.consistency.world import World, new_world

CLIENTS, STEPS = 5, 60
# So long a world waits for faults to let it be made: on a busy machine a process takes half a minute to come back.
PATIENCE = 300


def worlds(instance: Instance, seed: int) -> Iterator[World]:
    """World after world, each with its history."""
    with closing(Line()) as line:
        for number in count():
            world = fresh(instance, line, f"w{seed}-{number}")
            act_in(world, seed * 1_000_003 + number)
            yield world


def fresh(instance: Instance, line: Line, name: str) -> World:
    """A new world, once no fault stands in the way."""
    until = monotonic() + PATIENCE
    for attempt in count():
        machine = instance.machines[attempt % len(instance.machines)]
        if world := new_world(instance, machine, line, f"{name}-{attempt}"):
            return world
        assert monotonic() < until, "the service does not come back"
        sleep(0.2)
    raise AssertionError


def act_in(world: World, seed: int) -> None:
    """Let clients do everything at once; then show every value at every door of every machine."""
    callers = [Caller(number, world, Line(), Random(seed * 100 + number)) for number in range(CLIENTS)]
    threads = [threading.Thread(target=act, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = callers[0]
    for token in world.tokens:
        for machine in world.instance.machines:
            validate_at(last, machine, token, last.chance.choice([*DOORS]))
    for caller in callers:
        caller.line.close()


def act(caller: Caller) -> None:
    """One client's steps."""
    acts, weights = [*OFTEN], [*OFTEN.values()]
    for _step in range(STEPS):
        caller.chance.choices(acts, weights)[0](caller)
