"""How long the statements of a page may take in total, so that nothing a person can ask for keeps the database busy.

Only the time counts in which a statement runs: a page that waits for its turn loses nothing. SQLite asks from time to
time whether to go on; PostgreSQL's connections ask while they wait, and have the server cancel the statement.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django.db
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

# SQLite asks after so many steps of its machine, which take some milliseconds.
STEPS = 50_000
# Of the time between two such questions at most so much was a statement's; the rest lay between two statements.
LONGEST_STEPS = 0.1
# PostgreSQL's limits are for pages: until the end of a transaction a statement takes as long as it takes.
WITHOUT_TIMEOUTS = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"


class TakesTooLong(Exception):
    """The statements took all the time that they had."""


class StatementTime:
    """What is left of the time of some statements."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self.was_stopped = False
        self._asked_at = time.monotonic()

    def spend(self, seconds: float) -> None:
        """Note that a statement has run for so long."""
        self.left -= seconds

    def stops_sqlite(self) -> bool:
        """Whether SQLite stops the statement that runs."""
        now = time.monotonic()
        self.spend(min(now - self._asked_at, LONGEST_STEPS))
        self._asked_at = now
        self.was_stopped = self.left <= 0
        return self.was_stopped


class _ThreadStatementTime(threading.local):
    now: StatementTime | None = None


_thread = _ThreadStatementTime()


def statement_time() -> StatementTime | None:
    """The time that the statements of this thread have; None where nobody has set any."""
    return _thread.now


@contextmanager
def statements_within(seconds: float) -> Iterator[None]:
    """Give the statements of this block so many seconds in total; then the one that runs is stopped.

    Raises `TakesTooLong` in place of the database's error. A block in another one has no more than is left of that.
    """
    around = _thread.now
    own = StatementTime(seconds if around is None else min(seconds, around.left))
    given = own.left
    _thread.now = own
    try:
        connection.ensure_connection()
        tell_sqlite()
        yield
    except django.db.Error as error:
        if own.was_stopped:
            raise TakesTooLong from error
        raise
    finally:
        _thread.now = around
        tell_sqlite()
        if around is not None:
            around.spend(given - own.left)


@contextmanager
def statements_uncounted() -> Iterator[None]:
    """Let the statements of this block take nobody's time."""
    around, _thread.now = _thread.now, None
    try:
        yield
    finally:
        _thread.now = around


def tell_sqlite() -> None:
    """Let this thread's connection to SQLite ask whether to go on, or not ask any more."""
    # One that was closed in a transaction stays where it is until the transaction ends, and cannot be told anything.
    if connection.vendor == "sqlite" and connection.connection is not None and not connection.closed_in_transaction:
        now = _thread.now
        connection.connection.set_progress_handler(now and now.stops_sqlite, STEPS)
