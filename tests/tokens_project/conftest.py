"""What the tests of settings and processes stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tests import pgbouncer, postgresql, programs
from tests.afresh import run_afresh
from tests.command_line import KEPT
from tests.cut_link import link_to
from tests.postgresql import free_port
from tests.tokens_project.environments import Read
from tests.tokens_project.linked_postgresql import ALIAS, Connect, Server
from tests.tokens_project.make_run import Instance, prepared
from tests.tokens_project.things import TABLE
from tokens_project import environment
from tokens_project.postgresql.places import places
from tokens_project.postgresql.silence import silences

# A pooler that gives each transaction another of two sessions, and knows nothing of what is prepared in them.
TRANSACTION = {"pool_mode": "transaction", "default_pool_size": "2", "server_round_robin": "1"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Reads the settings as a process with this environment would."""

    def settings(**environment: str) -> dict[str, Any]:
        for name in set(os.environ) - KEPT:
            monkeypatch.delenv(name)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)
        return run_afresh("settings")

    return settings


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    data = tmp_path_factory.mktemp("instance") / "data"
    settings = {"DATA_DIR": str(data), "PORT": str(free_port()), "WORKERS": "1"}
    return Instance(settings, prepared(settings))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql.server(programs) as url, link_to(url) as (link, through_link):
        yield Server(url, link, through_link)


@pytest.fixture
def things(server: Server) -> Iterator[None]:
    server.execute(TABLE)
    yield
    server.execute("DROP TABLE things")


@pytest.fixture
def pooled(server: Server) -> Iterator[str]:
    program = programs.pgbouncer()
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with pgbouncer.pooler(program, server.url, **TRANSACTION) as through:
        yield through


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[Connect]:
    """Makes the alias lead to the server as DATABASE_URL does, with these options; gives this thread's connection."""

    def connect(
        query: str = "", user: str = "tokens", hosts: str = "127.0.0.1", through: str = ""
    ) -> BaseDatabaseWrapper:
        url = (through or server.through_link).replace("tokens@127.0.0.1", f"{user}@{hosts}")
        monkeypatch.setenv("NAME", f"{url}?{query}" if query else url)
        connections.settings[ALIAS] = connections.configure_settings(
            {"default": {}, ALIAS: environment.database("NAME", Path("unused"))}
        )[ALIAS]
        return connections[ALIAS]

    with django_db_blocker.unblock():
        yield connect
        if hasattr(vars(connections)["_connections"], ALIAS):
            connections[ALIAS].close()
            del connections[ALIAS]
        connections.settings.pop(ALIAS, None)
        # What this process knows of the servers of that name ends with them.
        places.pop(ALIAS, None)
        silences.pop(ALIAS, None)
