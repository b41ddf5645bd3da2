"""Two things at once: threads with database connections of their own, each bounded in time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

PATIENCE = 20
Start = Callable[[Callable[[], Any]], "Future[Any]"]


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
        yield lambda work: pool.submit(with_own_connection, work)


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
    """Whether the work is held up by somebody's lock."""
    return not wait([future], timeout=0.2).done


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
