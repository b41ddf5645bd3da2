"""A replica as this process knows one: another connection to the database of the tests, which is never behind.

A file of tests takes both fixtures, and `pytest.mark.django_db(transaction=True, databases=["default", "replica"])`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from accounts.database import replica
from accounts.database.replica import REPLICA, Watch
from tests.concurrency import PATIENCE


@pytest.fixture(scope="module", autouse=True)
def has_replica(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """There is one."""
    connections.settings[REPLICA] = copy.deepcopy(connection.settings_dict)
    connections.settings[REPLICA]["TEST"]["MIRROR"] = "default"
    yield
    with django_db_blocker.unblock():
        connections[REPLICA].close()
    del connections[REPLICA]
    del connections.settings[REPLICA]


@pytest.fixture(autouse=True)
def near(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """It is never behind, however busy the machine is; PostgreSQL alone could say so."""
    settings.DATABASE_ROUTERS = ["accounts.database.replica.Router"]
    monkeypatch.setattr(replica, "watch", Watch())
    monkeypatch.setattr(replica, "REPLAYED", replica.WRITTEN)
    monkeypatch.setattr(replica, "LOOKING_SECONDS", PATIENCE)
