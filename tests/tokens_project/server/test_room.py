"""The frames of the threads that answer requests stand in one piece of memory."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable

import pytest

from tokens_project.server.threads import Threads

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not hasattr(resource, "RUSAGE_THREAD"), reason="the system does not count for each thread"),
]

DEEPEST = 300
TURNS = 300


def nothing() -> None:
    """What a loop calls."""


def pages_taken() -> int:
    """How many pages of memory this thread has asked the system for."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt


def most_of_a_loop(depth: int = 0) -> int:
    """The most pages that a loop asks for each time it runs, whose calls begin so many calls down, or further."""
    if depth == DEEPEST:
        return 0
    each_time = []
    # Once it may be the garbage collector that asks.
    for _time in range(3):
        before = pages_taken()
        for _turn in range(TURNS):
            nothing()
        each_time.append(pages_taken() - before)
    return max(min(each_time), most_of_a_loop(depth + 1))


def found_in(run: Callable[[Callable[[], None]], object]) -> int:
    """What is found in the thread that this runs a job in."""
    found: list[int] = []
    done = threading.Event()

    def job() -> None:
        found.append(most_of_a_loop())
        done.set()

    run(job)
    assert done.wait(60)
    return found[0]


def test_no_loop_asks_the_system_for_memory_in_every_turn() -> None:
    pool = Threads(1, "some", most_waiting=1)
    try:
        assert found_in(pool.submit) < TURNS / 2
    finally:
        pool.shutdown()
