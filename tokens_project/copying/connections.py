"""Connections to two databases at once: the one that is read, and the one that is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.utils import load_backend

from accounts.database.statement_time import WITHOUT_TIMEOUTS

# The name under which models read the database that everything comes from.
SOURCE = "source"


@contextmanager
def connected(alias: str, settings: dict[str, Any]) -> Iterator[Any]:
    """Let a name of this thread's connections lead to a database for the time of the block.

    As the default one it is the database of everything that names none, be it a migration or the audit log.
    """
    [settings] = connections.configure_settings({DEFAULT_DB_ALIAS: settings}).values()
    wrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, alias)
    before = connections[alias] if alias in connections else None  # noqa: SIM401 - they have no `get`
    connections[alias] = wrapper
    try:
        yield wrapper
    finally:
        wrapper.close()
        if before is None:
            del connections[alias]
        else:
            connections[alias] = before


def only_read(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a database for a connection that never writes; SQLite's file stays as it is, to the byte."""
    settings = deepcopy(settings)
    if settings["ENGINE"].endswith("sqlite3"):
        file = settings["NAME"]
        settings["NAME"] = f"{Path(file).absolute().as_uri()}?mode=ro"
        settings["MISSING"] = {settings["NAME"]: settings["MISSING"].get(file, [])}
        settings["OPTIONS"] |= {"transaction_mode": "DEFERRED", "init_command": "PRAGMA query_only = ON"}
    return settings


def may_begin(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a database that `migrate` makes where it is not there: a file of SQLite."""
    file = settings["NAME"]
    is_missing = settings["ENGINE"].endswith("sqlite3") and not os.path.lexists(file)
    return settings | {"MISSING": {file: [file] if is_missing else []}}


@contextmanager
def standing_still(source: Any) -> Iterator[None]:
    """See one state of a database in the whole block, whatever others write meanwhile."""
    with transaction.atomic(using=source.alias), source.cursor() as cursor:
        if source.vendor == "postgresql":
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(WITHOUT_TIMEOUTS)
        yield
