"""Seeded databases: made once for each size, in a folder that stays, as long as schema and content are the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import postgresql
from tests.bench.servers import PROJECT

FOLDER = PROJECT / ".bench"
KEYS = {
    "SECRET_KEY": "for-benches-only-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789-abcdefghijkl",
    "TOKEN_HASH_KEYS": "for-benches-only-0123456789abcdefghijklmnopqrstuvwxyz",
}
# What decides the content of a database.
SOURCES = ("*/migrations/*.py", "*/models.py", "*/models/*.py", "tests/bench/seed/*.py", "tests/bench/peers/fill.py")
# Settings of a machine that serves this alone; what was committed is on the disk.
POSTGRESQL = "-c shared_buffers=1GB -c max_wal_size=4GB -c max_connections=100 -c random_page_cost=1.1 -c jit=off"


@dataclass(frozen=True)
class Database:
    """A filled database, and what is to be known to ask it."""

    url: str
    folder: Path
    tokens: list[str]
    # "client id and secret" of a Resource Server that asks about all applications.
    server: tuple[str, str]

    @property
    def vendor(self) -> str:
        return "PostgreSQL" if self.url.startswith("postgres") else "SQLite"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a service over it."""
        return KEYS | {"DATABASE_URL": self.url, "DATA_DIR": str(self.folder / "data")}


def fingerprint() -> str:
    """Of everything that decides what a database holds."""
    files = sorted({path for pattern in SOURCES for path in PROJECT.glob(pattern) if ".venv" not in path.parts})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def fill(url: str, folder: Path, tokens: int) -> None:
    """Migrate an empty database and fill it, in processes of their own."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    settings = {"PATH": os.environ["PATH"]} | KEYS | {"DATABASE_URL": url, "DATA_DIR": str(folder / "data")}
    for command in (["manage.py", "migrate", "-v0"], ["-m", "tests.bench.seed", str(tokens), str(folder)]):
        subprocess.run([sys.executable, *command], cwd=PROJECT, env=settings, check=True)


def opened(url: str, folder: Path) -> Database:
    """A filled database; its files of values lie in the folder."""
    identity, secret = (folder / "servers").read_text().split("\n")[0].split()
    return Database(url, folder, (folder / "tokens").read_text().split(), (identity, secret))


def sqlite(tokens: int) -> Database:
    """An SQLite database with so many tokens."""
    folder = FOLDER / fingerprint() / f"sqlite-{tokens}"
    for older in {path.parent for path in FOLDER.glob("*/sqlite-*")} - {folder.parent}:
        shutil.rmtree(older)
    url = f"sqlite:///{folder}/data/db.sqlite3"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"  filling SQLite with {tokens:,} tokens", flush=True)
        fill(url, folder, tokens)
        (folder / "ready").touch()
    return opened(url, folder)


@contextmanager
def copied(database: Database) -> Iterator[Database]:
    """A copy of an SQLite database, for the time of the block, that may be changed."""
    folder = FOLDER / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(database.folder, folder)
    try:
        yield opened(f"sqlite:///{folder}/data/db.sqlite3", folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql_server() -> Iterator[str | None]:
    """A PostgreSQL server for the time of the block, whose commits are on the disk; None where it is not installed."""
    programs = postgresql.programs()
    if programs is None:
        yield None
        return
    with postgresql.server(programs, POSTGRESQL) as url:
        yield url.rpartition("/")[0]


def on_postgresql(server: str, tokens: int) -> Database:
    """A database of that server with so many tokens."""
    import psycopg

    name, folder = f"tokens_{tokens}", FOLDER / "postgresql" / str(tokens)
    url = f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            connection.execute(f'CREATE DATABASE "{name}"')
    if not exists:
        print(f"  filling PostgreSQL with {tokens:,} tokens", flush=True)
        fill(url, folder, tokens)
    return opened(url, folder)


@dataclass(frozen=True)
class Place:
    """Where databases are made: SQLite's always, PostgreSQL's where a server runs."""

    postgresql: str | None

    def databases(self, tokens: int) -> Iterator[Database]:
        """A database of each kind with so many tokens."""
        yield sqlite(tokens)
        if self.postgresql:
            yield on_postgresql(self.postgresql, tokens)
