"""How many clients each worker holds, in memory that all of them see: a new one is left to the worker with the fewest.

The workers listen at one socket. Whichever was awake took every client of a burst, and kept each for as long as its
connection lasts, while the others had nothing to do.
"""

from __future__ import annotations

import mmap
import time

from tokens_project.server import limits

# More workers than a machine runs. A place is used again by the worker that begins so many later.
PLACES = 64
# One more than its clients for each worker that takes some in, else 0. Made in the master, before any worker.
_clients = memoryview(mmap.mmap(-1, 4 * PLACES)).cast("I")


class Place:
    """Where one worker tells the others of its clients, and sees theirs."""

    def __init__(self, age: int) -> None:
        self._number = age % PLACES
        self._has_left = self._has_ended = False
        self._leaves_until = 0.0

    def tell(self, clients: int) -> None:
        """This worker holds so many."""
        if not self._has_ended:
            _clients[self._number] = clients + 1

    def end(self) -> None:
        """This worker takes no more clients in."""
        self._has_ended = True
        _clients[self._number] = 0

    def leaves_the_next(self) -> bool:
        """Whether the next client is left for a moment to a worker that holds fewer; asked then, it is taken in."""
        least = min(filter(None, _clients.tolist()), default=0)
        self._has_left = not self._has_left and _clients[self._number] > least
        if self._has_left:
            self._leaves_until = time.monotonic() + limits.LEAVE_SECONDS
        return self._has_left

    @property
    def is_leaving(self) -> bool:
        """Whether that moment lasts."""
        return time.monotonic() < self._leaves_until
