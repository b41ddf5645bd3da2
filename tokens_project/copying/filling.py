"""Filling the tables of a new database, all or nothing, so that in the end it is as any other instance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction

from accounts.database.audit_triggers import execute, laying, removal
from accounts.database.statement_time import WITHOUT_TIMEOUTS
from accounts.progress import Report
from reference_tokens.models.search_tables import keep_search, stop_keeping_search
from tokens_project.copying.bulk import take_away
from tokens_project.copying.tables import LAID, tables

# Kibibytes of a file that SQLite may hold in memory meanwhile: unique indexes are written to everywhere.
CACHE = 100_000
BEFORE = {"postgresql": WITHOUT_TIMEOUTS, "sqlite": f"PRAGMA cache_size = -{CACHE}"}


@contextmanager
def filling(connection: Any) -> Iterator[None]:
    """Fill the default database in the block, all or nothing: `open_up` comes first, `complete` after the rows."""
    with without_foreign_keys(connection), transaction.atomic():
        yield


def open_up(connection: Any) -> list[str]:
    """Take away what refuses rows and what slows them down, and what `migrate` has laid; for `complete`."""
    execute(connection, [BEFORE[connection.vendor], *removal(connection.vendor)])
    stop_keeping_search(DEFAULT_DB_ALIAS)
    taken = take_away(connection)
    # The same comes from elsewhere, under the numbers that it has there.
    execute(connection, [f'DELETE FROM "{model._meta.db_table}"' for model in LAID])  # noqa: S608 - Django's own names
    return taken


def complete(connection: Any, taken: list[str], report: Report) -> None:
    """Make all that an instance has beside its rows, which must fit together; raises `django.db.Error`."""
    for number, statement in enumerate(taken):
        report("Making indexes", number, len(taken))
        execute(connection, [statement])
    report("Filling the tables for searches")
    execute(connection, laying(connection.vendor))
    keep_search(DEFAULT_DB_ALIAS)
    report("Looking whether rows fit together")
    connection.check_constraints()
    if connection.vendor == "postgresql":
        # By what it counts it chooses its ways; SQLite, which was never told to count, needs no numbers.
        execute(connection, [f'ANALYZE "{model._meta.db_table}"' for model in tables()])


@contextmanager
def without_foreign_keys(connection: Any) -> Iterator[None]:
    """Have SQLite look up no foreign key in the block; on PostgreSQL they are taken away as indexes are."""
    connection.ensure_connection()
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        connection.disable_constraint_checking()
    try:
        yield
    finally:
        if is_sqlite:
            connection.enable_constraint_checking()
