"""What an operator wants to be told of: each event has a name that log lines and metrics keep, and is counted.

A request only adds to a number in memory. The thread that writes uses of tokens takes the numbers, and stores them.
"""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum


class Event(StrEnum):
    """What happened. Alerts and searches of logs go by these names: they stay."""

    SIGN_IN_FAILED = "sign_in_failed"
    SECOND_FACTOR_FAILED = "second_factor_failed"
    ATTEMPTS_LIMITED = "attempts_limited"
    RESOURCE_SERVER_REFUSED = "resource_server_refused"
    # A machine address was answered 503, or 500.
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    USE_LOST = "use_lost"


_counts: Counter[str] = Counter()
_lock = threading.Lock()


def count(event: Event, number: int = 1) -> None:
    """Count what happened, so often, in this process."""
    if number:
        with _lock:
            _counts[event.value] += number


def take_counts() -> Counter[str]:
    """What was counted since this was last called; whoever takes it stores it."""
    with _lock:
        taken = _counts.copy()
        _counts.clear()
    return taken
