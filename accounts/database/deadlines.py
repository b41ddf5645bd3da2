"""The deadline until which this thread waits for its database; PostgreSQL's connections read it while they wait."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class _ThreadDeadline(threading.local):
    at = math.inf


_deadline = _ThreadDeadline()


def with_deadline(
    seconds: float, act: Callable[Given, Returned], *args: Given.args, **kwargs: Given.kwargs
) -> Returned:
    """What `act` returns, for which PostgreSQL has so many seconds in total; then it raises `django.db.Error`."""
    before = _deadline.at
    _deadline.at = min(before, time.monotonic() + seconds)
    try:
        return act(*args, **kwargs)
    finally:
        _deadline.at = before


def deadline_of_thread() -> float:
    """The deadline of this thread, on the clock of `time.monotonic`; infinite where none is set."""
    return _deadline.at
