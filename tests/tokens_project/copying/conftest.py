"""A full instance, and empty databases to move it to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from psycopg import sql

from accounts.progress import Report, to_nobody
from tests.conftest import is_postgresql
from tests.tokens_project.copying.full_instance import fill_every_table
from tokens_project.copying.connections import connected, may_begin
from tokens_project.copying.moving import Moved, move
from tokens_project.environment import database_at

Target = Callable[[], str]


@pytest.fixture
def values(transactional_db: None) -> list[str]:
    """The values of good tokens of an instance with rows in every table."""
    return fill_every_table(Random(uuid.uuid4().int))


@pytest.fixture
def file(tmp_path: Path) -> Target:
    """The URL of a file of SQLite that is not there yet."""
    return lambda: f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.sqlite3"


@pytest.fixture
def empty(file: Target, transactional_db: None) -> Iterator[Target]:
    """The URL of an empty database of the kind that this run is on."""
    with ExitStack() as stack:
        yield (lambda: stack.enter_context(new_postgresql())) if is_postgresql() else file


@contextmanager
def new_postgresql() -> Iterator[str]:
    """The URL of another database of the server of this run, for the time of the block."""
    connection.ensure_connection()
    info, name = connection.connection.info, f"moved_{uuid.uuid4().hex}"
    with psycopg.connect(info.dsn, dbname="postgres", autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"postgres://{info.user}@{info.host}:{info.port}/{name}"
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def migrated(empty: Target) -> str:
    """The URL of a database that is as `migrate` leaves it."""
    url = empty()
    with at(url):
        call_command("migrate", verbosity=0)
    return url


def at(url: str) -> AbstractContextManager[Any]:
    """The database at a URL as the default one for the time of the block."""
    return connected(DEFAULT_DB_ALIAS, may_begin(database_at("--to", url)))


def moved_to(url: str, report: Report = to_nobody) -> Moved:
    """The default database, moved to the one at a URL."""
    return move(database_at("--to", url), report)
