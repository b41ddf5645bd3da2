"""Who else has a database open: what they write while it is copied would be lost."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from django.db import connections

LOCKS = Path("/proc/locks")
SESSIONS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
"""


def others_at(connection: Any) -> str:
    """Who else is connected to the database, in words; empty where nobody is seen."""
    return {"postgresql": others_at_postgresql, "sqlite": others_at_sqlite}[connection.vendor](connection)


def others_at_postgresql(connection: Any) -> str:
    """Other sessions of the same role, from any machine; a pooler keeps some that nobody uses."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS)
        sessions = {pid for (pid,) in cursor.fetchall()}
    open_here = [one.connection for one in connections.all(initialized_only=True) if one.vendor == "postgresql"]
    sessions -= {one.info.backend_pid for one in open_here if one is not None}
    return f"sessions of the same role: {len(sessions)}" if sessions else ""


def others_at_sqlite(connection: Any) -> str:
    """Other processes of this machine, where the system tells who holds locks: each has one while it is connected."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        [file] = [Path(place) for _number, name, place in cursor.fetchall() if name == "main"]
    memory = file.with_name(f"{file.name}-shm")
    if not (LOCKS.exists() and memory.exists()):
        return ""
    holders = set(re.findall(rf"(\d+) \w+:\w+:{memory.stat().st_ino} ", LOCKS.read_text()))
    others = sorted(holders - {str(os.getpid())}, key=int)
    return f"processes: {', '.join(others)}" if others else ""
