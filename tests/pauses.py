"""Whether an answer came in the seconds that are promised, on a machine that may stand still meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic, sleep

# docs/postgresql.md promises an answer within five; one more is for what comes between.
PROMISED_SECONDS = 6
PERIOD = 0.05


class Pauses(threading.Thread):
    """Sleeps a moment again and again, and notes how late it woke; ends with the process."""

    def __init__(self) -> None:
        super().__init__(name="pauses", daemon=True)
        # When it woke, and how many seconds late, for the last ten minutes.
        self._woke: deque[tuple[float, float]] = deque([(monotonic(), 0.0)], maxlen=12_000)

    def run(self) -> None:
        """Never returns."""
        while True:
            began = monotonic()
            sleep(PERIOD)
            woke = monotonic()
            self._woke.append((woke, woke - began - PERIOD))

    def longest(self, since: float) -> float:
        """The seconds of the longest pause that ended after this moment, or goes on."""
        woke = [*self._woke]
        goes_on = monotonic() - woke[-1][0] - PERIOD
        return max(goes_on, 0.0, *(late for at, late in woke if at >= since))


@cache
def watched() -> Pauses:
    """The pauses of this process, which are measured from the first call on."""
    pauses = Pauses()
    pauses.start()
    return pauses


def is_in_time(began: float) -> bool:
    """Whether what began then, and is over now, took no longer than is promised and the longest pause meanwhile.

    `watched` must have been called before it began.
    """
    took = monotonic() - began
    return took <= PROMISED_SECONDS or took <= PROMISED_SECONDS + watched().longest(began)


@contextmanager
def in_time() -> Iterator[None]:
    """Raise `AssertionError` where the block is not over in time."""
    watched()
    began = monotonic()
    yield
    assert is_in_time(began), f"{monotonic() - began:.1f} seconds"
