"""What is asked: two processes of one server on SQLite, or two machines on one PostgreSQL and one Redis."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import postgresql, programs
from tests.command_line import STRONG_KEYS
from tests.consistency.clocks import Clock
from tests.consistency.stores import Cache, Disk, disk
from tests.cut_link import Link
from tests.faults.life import manager_of
from tests.postgresql import kept_port
from tests.service import Service, prepared, serving

# What is on the standby before it is answered cannot be lost with the primary.
SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
USUAL = {"API_RATE": "0", "LAST_USED_FLUSH_SECONDS": "1"}


@dataclass
class Machine:
    """A server with its own clock, and the links through which alone it reaches the stores."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    clock: Clock
    # How many processes answer, but while one is replaced.
    size: int = 1
    links: list[Link] = field(default_factory=list)

    @property
    def workers(self) -> list[int]:
        """The processes that answer; fewer while one is replaced."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [pid for pid in map(int, children.read_text().split()) if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Whether the process is there, and not one that has ended and waits to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@dataclass
class Instance:
    """All of it; a standby and a cache only with PostgreSQL, a disk of its own only with SQLite."""

    kind: str
    service: Service
    machines: list[Machine]
    manager: str = ""
    primary: str = ""
    standby: str = ""
    cache: Cache | None = None
    disk: Disk | None = None


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Instance]:
    """One server of two processes."""
    with ExitStack() as running:
        place = running.enter_context(disk(folder / "disk"))
        service = running.enter_context(prepared(place.folder, WORKERS="2", **USUAL))
        machine = running.enter_context(machine_of("one", service, folder, {}))
        yield Instance("SQLite", service, [machine], manager_of(service), disk=place)


@contextmanager
def on_postgresql(folder: Path) -> Iterator[Instance]:
    """Two servers of one process, a primary with its standby, and a Redis."""
    found, redis_program = postgresql.programs(), programs.redis()
    if not (found and redis_program):
        pytest.skip("PostgreSQL or Redis is not installed")
    with ExitStack() as running:
        primary = running.enter_context(postgresql.server(found))
        standby = running.enter_context(postgresql.standby(found, primary))
        cache = running.enter_context(Cache.running(redis_program))
        both = addresses([urlsplit(url).netloc.rpartition("@")[2] for url in (standby, primary)])
        settings = {"DATABASE_URL": both, "CACHE_URL": cache.url, "WORKERS": "1", **USUAL, **STRONG_KEYS}
        service = running.enter_context(prepared(folder, **settings))
        with psycopg.connect(primary, autocommit=True) as connection:
            connection.execute(SYNCHRONOUS)
            connection.execute("SELECT pg_reload_conf()")
        machines = []
        for name in ("one", "two"):
            links = [Link(("127.0.0.1", urlsplit(url).port or 0)) for url in (standby, primary, cache.url)]
            for link in links:
                running.callback(link.close)
            through = {
                "DATABASE_URL": addresses([f"127.0.0.1:{link.port}" for link in links[:2]]),
                "CACHE_URL": f"redis://127.0.0.1:{links[2].port}/0",
            }
            machine = running.enter_context(machine_of(name, service, folder, through))
            machine.links += links
            machines.append(machine)
        yield Instance("PostgreSQL", service, machines, manager_of(service), primary, standby, cache)


def addresses(hosts: list[str]) -> str:
    """The address of a database on several servers, of which one takes writes."""
    return f"postgres://tokens@{','.join(hosts)}/postgres"


@contextmanager
def machine_of(name: str, service: Service, folder: Path, settings: dict[str, str]) -> Iterator[Machine]:
    """A server of the instance, with these settings of its own."""
    own = folder / name
    own.mkdir()
    clock, port = Clock(own), kept_port()
    with serving(own / "log", {**service.settings, **settings, **clock.settings(), "PORT": str(port)}) as process:
        yield Machine(name, port, process, clock, int(service.settings["WORKERS"]))


INSTANCES = {"sqlite": on_sqlite, "postgresql": on_postgresql}
