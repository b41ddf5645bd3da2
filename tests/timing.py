"""Whether the time of an answer tells which of two questions was asked: two classes of calls, compared in one run.

The calls of both are interleaved by chance, so that what else the machine does meets both alike. What counts is how
often one of a pair is quicker: Mann and Whitney's U, as a share of all pairs, a half where nothing can be told. A
p-value would say how many calls there were: of enough, a microsecond shows. Medians are told beside it.
"""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from random import Random
from statistics import median
from time import perf_counter_ns

CALLS = 2_000
# Of a hundred pairs, 45 to 55 may be won by either. Of so many calls, chance alone moves that by one in a hundred.
MOST_OFF = 0.05


def share_of_pairs(ones: list[int], others: list[int]) -> float:
    """In which share of all pairs the one is longer; of equal ones, half."""
    ordered = sorted(others)
    wins = sum((bisect_left(ordered, one) + bisect_right(ordered, one)) / 2 for one in ones)
    return wins / (len(ones) * len(others))


def measured(classes: dict[str, Callable[[], object]], calls: int = CALLS) -> dict[str, list[int]]:
    """The nanoseconds of so many calls of each class, interleaved."""
    times: dict[str, list[int]] = {name: [] for name in classes}
    order, chance = list(classes), Random(50)
    for call in classes.values():
        for _warm in range(20):
            call()
    gc.collect()
    for _round in range(calls):
        chance.shuffle(order)
        for name in order:
            began = perf_counter_ns()
            classes[name]()
            times[name].append(perf_counter_ns() - began)
    return times


def what_tells(times: dict[str, list[int]]) -> list[str]:
    """Each class that can be told from the first by its times, in words; none where all is well."""
    first, *others = times
    found = []
    for name in others:
        share = share_of_pairs(times[name], times[first])
        apart = median(times[name]) / median(times[first]) - 1
        if abs(share - 0.5) > MOST_OFF:
            found.append(f"{name}: longer than {first} in {share:.1%} of pairs, median {apart:+.1%}")
    return found
