"""Statements that write many rows, each with values of its own: one for all, which the ORM lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db import models

# A statement has a limited number of parameters.
ROWS_AT_ONCE = 500
Rows = Sequence[Sequence[Any]]


def among(ids: Iterable[UUID]) -> RawSQL:
    """The ids as one value, to look for by `in`: hundreds of parameters cost more than the rows that they name."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([each.hex for each in ids])])
    return RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
    """Set these columns of the rows with these ids; the id is the first column. What is gone is left out."""
    if not rows:
        return
    if connection.vendor == "sqlite":
        update_one_by_one(model, columns, rows)
    else:
        update_from_json(model, columns, rows)


def update_one_by_one(model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
    """By one statement that SQLite prepares once and runs for each row."""
    key, *names = quoted(columns)
    assignments = ", ".join(f"{name} = %s" for name in names)
    sql = f"UPDATE {table_of(model)} SET {assignments} WHERE {key} = %s"  # noqa: S608 - names of columns
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[*values, row_id] for row_id, *values in for_the_driver(rows)])


def update_from_json(model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
    """By one statement, which is the same however many rows there are: PostgreSQL reads them from JSON."""
    key, *names = quoted(columns)
    by_column = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    types = ", ".join(f"{name} {by_column[column]}" for name, column in zip([key, *names], columns, strict=True))
    assignments = ", ".join(f"{name} = noted.{name}" for name in names)
    sql = (
        f"UPDATE {table_of(model)} AS stored SET {assignments} "  # noqa: S608 - names of columns
        f"FROM json_to_recordset(%s) AS noted ({types}) WHERE stored.{key} = noted.{key}"
    )
    objects = [dict(zip(columns, row, strict=True)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(objects, default=str)])


def add_to_counts(model: type[models.Model], key: Sequence[str], counts: Sequence[str], rows: Rows) -> None:
    """Add to the counts of the rows with these keys, and make those that are not there yet."""
    table = table_of(model)
    sums = ", ".join(f"{count} = {table}.{count} + excluded.{count}" for count in quoted(counts))
    insert_rows(model, (*key, *counts), rows, f"({', '.join(quoted(key))}) DO UPDATE SET {sums}")


def begin_rows(model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
    """Make those of the rows that are not there yet."""
    insert_rows(model, columns, rows, "DO NOTHING")


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Rows, on_conflict: str) -> None:
    """Insert the rows, so many at once; where one is there already, do that."""
    row = f"({', '.join(['%s'] * len(columns))})"
    begin = f"INSERT INTO {table_of(model)} ({', '.join(quoted(columns))}) VALUES "  # noqa: S608 - names of columns
    for start in range(0, len(rows), ROWS_AT_ONCE):
        portion = for_the_driver(rows[start : start + ROWS_AT_ONCE])
        with connection.cursor() as cursor:
            cursor.execute(
                f"{begin}{', '.join([row] * len(portion))} ON CONFLICT {on_conflict}",
                [value for values in portion for value in values],
            )


def for_the_driver(rows: Rows) -> Rows:
    """The values as the driver takes them: SQLite has no type for ids and times, and Django writes them so."""
    if connection.vendor != "sqlite":
        return rows
    converted = SQLITE_VALUES.get
    return [[converted(type(value), unchanged)(value) for value in row] for row in rows]


def sqlite_time(at: datetime) -> str:
    """An instant as Django writes it: in UTC, which it does not say."""
    return str(at.astimezone(UTC).replace(tzinfo=None))


def unchanged(value: Any) -> Any:
    """The value."""
    return value


SQLITE_VALUES: dict[type, Callable[[Any], Any]] = {UUID: attrgetter("hex"), datetime: sqlite_time, date: str}


def table_of(model: type[models.Model]) -> str:
    """The name of its table, quoted."""
    return connection.ops.quote_name(model._meta.db_table)


def quoted(columns: Iterable[str]) -> list[str]:
    """The names of columns, quoted."""
    return list(map(connection.ops.quote_name, columns))
