"""What something costs within a process of the service."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench import cpu

TIMES = 3


@dataclass(frozen=True)
class Cost:
    """What something took: milliseconds of this process and of its PostgreSQL backend, and SQL statements."""

    process: float
    database: float
    queries: int
    note: str = ""

    @property
    def both(self) -> float:
        return self.process + self.database


def cost_of(call: Callable[[], str]) -> Cost:
    """The median of a few times, after one to warm up, in which the statements are counted."""
    from django.db import connection

    statements: list[str] = []

    def note_statement(execute: Any, sql: str, *told: Any) -> Any:
        statements.append(sql)
        return execute(sql, *told)

    with connection.execute_wrapper(note_statement):
        note = call()
    spent = []
    for _ in range(TIMES):
        before, database_before = time.process_time(), backend_seconds()
        call()
        spent.append((time.process_time() - before, backend_seconds() - database_before))
    process, database = (statistics.median(times) * 1e3 for times in zip(*spent, strict=True))
    return Cost(process, database, len(statements), note)


def backend_seconds() -> float:
    """What PostgreSQL's process of this connection has taken."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    connection.ensure_connection()
    return sum(cpu.by_thread([connection.connection.info.backend_pid]).values())
