"""The rows and the counts of lists, which are left out where they take longer than anybody waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from accounts.database.statement_time import TakesTooLong, statements_within

Read = TypeVar("Read")

# Both together take less than a page may: what is left is for what stands around the list.
ROWS_SECONDS = 1.0
COUNT_SECONDS = 0.5


def rows_in_time(read: Callable[[], Read]) -> Read | None:
    """The rows of a list; None where reading them takes too long."""
    return in_time(ROWS_SECONDS, read)


def count_in_time(count: Callable[[], Read]) -> Read | None:
    """The counts beside a list; None where counting takes too long."""
    return in_time(COUNT_SECONDS, count)


def in_time(seconds: float, read: Callable[[], Read]) -> Read | None:
    """What is read; None where the database takes longer than these seconds."""
    try:
        with statements_within(seconds):
            return read()
    except TakesTooLong:
        return None
