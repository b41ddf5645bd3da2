"""What the instance goes through while it is scanned: each of it that should not be is a finding too."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.scanners.instance import Instance

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
LIVE = "SELECT count(*) FROM reference_tokens_referencetoken WHERE revoked_at IS NULL"


@dataclass
class Watch:
    """What was seen during a scan."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0
    largest: int = 0
    grown: dict[str, int] = field(default_factory=dict)
    mails: int = 0
    ended: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many the service answered."""
        return self.statuses.total()

    @property
    def server_errors(self) -> int:
        """How many of them by 500 or more."""
        return sum(number for status, number in self.statuses.items() if status >= 500)


@contextmanager
def watched(instance: Instance) -> Iterator[Watch]:
    """What is seen while the block runs; it is whole after the block."""
    watch, stop = Watch(), threading.Event()
    log = instance.folder / "service.log"
    begin, rows = log.stat().st_size, rows_of(instance)
    mails = len(list((instance.folder / "mails").iterdir()))
    thread = threading.Thread(target=note_memory, args=(watch, instance.port, stop))
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.ended = ended(instance)
        read_log(watch, log, begin)
        after = rows_of(instance)
        watch.grown = {name: after[name] - rows[name] for name in after if after[name] != rows[name]}
        watch.mails = len(list((instance.folder / "mails").iterdir())) - mails


def note_memory(watch: Watch, port: int, stop: threading.Event) -> None:
    """Keep the most kilobytes that a process of the service has, until told to stop."""
    while not stop.wait(1):
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if f"PORT={port}\0" in (status.parent / "environ").read_text(errors="replace"):
                    found = re.search(r"^VmRSS:\s+(\d+)", status.read_text(), re.MULTILINE)
                    watch.largest = max(watch.largest, int(found[1]) if found else 0)
            except OSError:
                continue


def read_log(watch: Watch, log: Path, begin: int) -> None:
    """Count the answers of the access log, and keep what else is an error."""
    with log.open() as lines:
        lines.seek(begin)
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                watch.faults.append(line.strip())
                continue
            if entry["logger"] == "access":
                watch.statuses[entry["status"]] += 1
                watch.slowest = max(watch.slowest, entry["milliseconds"])
            elif entry["level"] in {"ERROR", "CRITICAL"} and entry.get("event") != "foreign_host":
                watch.faults.append(line.strip())


def rows_of(instance: Instance) -> dict[str, int]:
    """How many rows each table has, and how many tokens are not revoked."""
    with psycopg.connect(instance.database) as connection:
        found = {}
        for (name,) in connection.execute(TABLES).fetchall():
            counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            found[name] = counted[0] if counted else 0
        live = connection.execute(LIVE).fetchone()
        return {**found, "(tokens that are not revoked)": live[0] if live else 0}


def ended(instance: Instance) -> list[str]:
    """What the person whom no scanner is has lost: the token or the session."""
    with instance.browser() as browser:
        token = browser.get("/api/token", headers={"Authorization": f"Bearer {instance.kept}"})
        page = browser.get("/profile/", headers={"Cookie": instance.cookie})
    lost = {"the token of somebody else": token.status_code, "the session of somebody else": page.status_code}
    return [f"{what}: {status}" for what, status in lost.items() if status != 200]
