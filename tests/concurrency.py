"""Two things at once: threads with database connections of their own, each bounded in time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection, transaction

PATIENCE = 20
# How long a statement of SQLite has been under way that waits for the one who writes, in seconds.
HELD_UP_SECONDS = 0.2
Start = Callable[[Callable[[], Any]], "Future[Any]"]


class Asking:
    """The statement of the database that a thread is at, if it is at one."""

    def __init__(self) -> None:
        self._began: float | None = None
        # The server process that works for the thread; None where the database has none.
        self._pid: int | None = None

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Run a statement, which is under way meanwhile."""
        if connection.vendor == "postgresql":
            self._pid = context["connection"].connection.info.backend_pid
        self._began = monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            self._began = None

    def of(self, work: Callable[[], Any]) -> Any:
        """Do the work, each of whose statements this one is in turn."""
        with connection.execute_wrapper(self):
            return work()

    def is_held_up(self) -> bool:
        """Whether somebody's lock holds the statement up, as PostgreSQL itself says."""
        began = self._began
        if began is None:
            return False
        if self._pid is None:
            return monotonic() - began > HELD_UP_SECONDS
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return bool(cursor.fetchone()[0])


ASKING: WeakKeyDictionary[Future[Any], Asking] = WeakKeyDictionary()


def with_own_connection(work: Callable[[], Any]) -> Any:
    """Do the work and close this thread's connection."""
    try:
        return work()
    finally:
        connection.close()


@contextmanager
def threads() -> Iterator[Start]:
    """A function that starts work in a thread; all have ended after the block."""
    with ThreadPoolExecutor(16) as pool:

        def start(work: Callable[[], Any]) -> Future[Any]:
            asking = Asking()
            future = pool.submit(with_own_connection, partial(asking.of, work))
            ASKING[future] = asking
            return future

        yield start


@contextmanager
def uncommitted(start: Start, work: Callable[[], Any]) -> Iterator[None]:
    """During the block the work is done in another connection's transaction, which commits at its end."""
    done, may_commit = threading.Event(), threading.Event()

    def in_transaction() -> None:
        with transaction.atomic():
            try:
                work()
            finally:
                done.set()
            assert may_commit.wait(PATIENCE)

    future = start(in_transaction)
    try:
        assert done.wait(PATIENCE)
        yield
    finally:
        may_commit.set()
        future.result(PATIENCE)


def is_waiting(future: Future[Any]) -> bool:
    """Whether the work comes to a statement that somebody's lock holds up; False once it is done."""
    asking, deadline = ASKING[future], monotonic() + PATIENCE
    while not future.done() and monotonic() < deadline:
        if asking.is_held_up():
            return True
        sleep(0.01)
    return False


def outcomes(start: Start, *works: Callable[[], Any]) -> list[Any]:
    """What the works return or raise when all begin at one moment."""
    barrier = threading.Barrier(len(works))

    def together(work: Callable[[], Any]) -> Any:
        barrier.wait(PATIENCE)
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - it is the outcome
            return error

    futures = [start(lambda work=work: together(work)) for work in works]  # type: ignore[misc]
    return [future.result(PATIENCE) for future in futures]
