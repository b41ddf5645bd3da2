"""The server itself: its processes on this machine, what it is built of, and its database."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import NamedTuple

import django
from django.conf import settings
from django.db import connection

from reference_tokens.endpoints.metrics.exposition import Metric, Sample, gauge

PROCESSES = Path("/proc")
CONNECTIONS = """
    SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE datname = current_database()
"""


class Processes(NamedTuple):
    """The processes of the server on this machine: how many, their memory in bytes, and when the first began."""

    number: int
    memory: int
    began: float


def server(database: str) -> list[Metric]:
    """What can be told without asking the database, whose name is given."""
    found = processes()
    build = {
        "version": settings.VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": database,
    }
    return [
        Metric("build_info", "gauge", "What the service is built of; always 1.", [Sample(1, build)]),
        gauge("processes", "Processes of the server on this machine.", found.number if found else None),
        gauge(
            "resident_memory_bytes",
            "Memory of these processes; what they share is counted for each.",
            found.memory if found else None,
        ),
        gauge("start_time_seconds", "When the server began (Unix time).", found.began if found else None),
    ]


def database() -> list[Metric]:
    """How long the database takes for nothing, and what it says of its connections; raises `django.db.Error`."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        took = time.perf_counter() - began
        used = most = None
        if connection.vendor == "postgresql":
            cursor.execute(CONNECTIONS)
            used, most = cursor.fetchone()
    return [
        gauge("database_round_trip_seconds", "How long the database takes to answer an empty question.", took),
        gauge("database_connections", "Connections to the database of the service, from anywhere.", used),
        gauge("database_connections_max", "Connections that the database server takes.", most),
    ]


def processes() -> Processes | None:
    """The server's processes, which its master forked, so that all have one command line; None where Linux is not."""
    own = os.getpid()
    try:
        master = os.getppid() if command_line(os.getppid()) == command_line(own) else own
        children = (PROCESSES / f"{master}/task/{master}/children").read_text().split()
        found = {master, own, *(int(pid) for pid in children if command_line(int(pid)) == command_line(own))}
        return Processes(len(found), sum(map(memory_of, found)), began_at(master))
    except OSError:
        return None


def command_line(pid: int) -> bytes:
    """The command line of a process."""
    return (PROCESSES / f"{pid}/cmdline").read_bytes()


def memory_of(pid: int) -> int:
    """The resident memory of a process, in bytes; 0 where it has just ended."""
    try:
        return int((PROCESSES / f"{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def began_at(pid: int) -> float:
    """When a process began (Unix time). Of /proc it reads the process alone: `ProcSubset=pid` leaves nothing else."""
    ticks = int((PROCESSES / f"{pid}/stat").read_text().rpartition(")")[2].split()[19])
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")
