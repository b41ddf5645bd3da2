"""What the threads of a process tell each other of a server that does not answer: one tries it, the others wait."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict

import psycopg

# For so many seconds nobody else in this process waits for what was found silent; then one tries it, for so many.
SILENCE_SECONDS = 1.0
TRY_SECONDS = 7.0
# What was found that long ago says nothing any more.
STALE_SECONDS = 5.0


class Silent(psycopg.OperationalError):
    """The server has not answered in time."""

    def __init__(self) -> None:
        super().__init__("the database did not answer in time")


class Silence:
    """What this process knows of the server: whether it was silent a moment ago."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends_at = -math.inf

    def begin(self) -> None:
        """The server did not answer."""
        self._ends_at = time.monotonic() + SILENCE_SECONDS

    def end(self) -> None:
        """The server has answered."""
        self._ends_at = -math.inf

    def lasts(self) -> bool:
        """Whether it was silent a moment ago, or somebody tries it now."""
        return time.monotonic() < self._ends_at

    def keeps_away(self) -> bool:
        """Whether this thread must not try the server, for one does that for all."""
        with self._lock:
            since = time.monotonic() - self._ends_at
            if 0 <= since < STALE_SECONDS:
                self._ends_at = time.monotonic() + TRY_SECONDS
            return since < 0


# That of each database, by its alias: a replica that is silent says nothing of the primary.
silences: defaultdict[str, Silence] = defaultdict(Silence)
