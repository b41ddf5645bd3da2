"""Storing very many rows: the columns that are not given get the defaults of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    Column = Field[Any, Any]

AT_ONCE = 50_000


def insert(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Store rows of the named fields, a bounded number in each transaction."""
    fields = {field.name: field for field in model._meta.local_concrete_fields}
    given = [fields[name] for name in names]
    constant = dict(constants(field for field in fields.values() if field not in given))
    columns = [str(field.column) for field in (*given, *constant)]
    tail = tuple(constant.values())
    prepared = (tuple(stored(field, value) for field, value in zip(given, row, strict=True)) + tail for row in rows)
    while batch := list(islice(prepared, AT_ONCE)):
        with transaction.atomic():
            write(model._meta.db_table, columns, batch)


def stored(field: Column, value: Any) -> Any:
    """A value as the driver takes it."""
    return field.get_db_prep_save(value, connection)


def constants(fields: Iterable[Column]) -> Iterator[tuple[Column, Any]]:
    """What every row has in the columns that are not given; the database's own defaults are left to it."""
    for field in fields:
        if field.generated or (field.primary_key and not field.has_default()):
            continue
        default = field.get_default()
        if not isinstance(default, DatabaseDefault):
            yield field, stored(field, default)


def write(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Hand the rows to the driver: PostgreSQL copies them, SQLite repeats one statement."""
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(columns))
            connection.connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
    "postgresql": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)""",
}


@contextmanager
def without_indexes(model: type[Model]) -> Iterator[None]:
    """Drop the indexes of a table for the time of the block, and make them again: one by one they take far longer."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES[connection.vendor], [model._meta.db_table])
        indexes = dict(cursor.fetchall())
        for name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        if connection.in_atomic_block:
            # PostgreSQL makes no index while it has yet to check the rows.
            connection.check_constraints()
        for made_by in indexes.values():
            cursor.execute(made_by)


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Do without a safe disk meanwhile; in the end let the database count what it has."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -600000")
        else:
            cursor.execute("SET synchronous_commit = off")
        yield
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
