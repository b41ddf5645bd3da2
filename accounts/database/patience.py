"""Until when this thread waits for its database; PostgreSQL's connections ask here while they wait."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Result = TypeVar("Result")


class _OfThread(threading.local):
    until = math.inf


_of_thread = _OfThread()


def answered_within(seconds: float, act: Callable[Asked, Result], *args: Asked.args, **kwargs: Asked.kwargs) -> Result:
    """What `act` returns, for which PostgreSQL has so many seconds in total; then it raises `django.db.Error`."""
    before = _of_thread.until
    _of_thread.until = min(before, time.monotonic() + seconds)
    try:
        return act(*args, **kwargs)
    finally:
        _of_thread.until = before


def waits_until() -> float:
    """When the patience of this thread ends, on the clock of `time.monotonic`; infinite where nobody has set one."""
    return _of_thread.until
