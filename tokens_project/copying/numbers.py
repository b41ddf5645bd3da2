"""The numbers that a database gives to new rows: where they stand, so that none is ever given twice."""

from __future__ import annotations

from typing import Any

from django.db.models import AutoField, Model

from tokens_project.copying.tables import tables

# The columns that a database numbers. Each statement tells the last number that was given; none, or NULL, is none yet.
LAST = {
    "postgresql": "SELECT last_value FROM pg_sequences"
    " WHERE format('%%I.%%I', schemaname, sequencename)::regclass = pg_get_serial_sequence(%s, %s)::regclass",
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = %s AND %s <> ''",
}
GO_ON = {
    "postgresql": ["SELECT setval(pg_get_serial_sequence(%(table)s, %(column)s), %(last)s)"],
    "sqlite": [
        "DELETE FROM sqlite_sequence WHERE name = %(table)s",
        "INSERT INTO sqlite_sequence (name, seq) VALUES (%(table)s, %(last)s)",
    ],
}


def numbered() -> list[type[Model]]:
    """The models whose rows the database numbers."""
    return [model for model in tables() if isinstance(model._meta.pk, AutoField)]


def last_numbers(connection: Any) -> dict[str, int]:
    """The last number that was given in each table in which there was any, by the name of the table."""
    found = {}
    with connection.cursor() as cursor:
        for model in numbered():
            cursor.execute(LAST[connection.vendor], [model._meta.db_table, model._meta.pk.column])
            row = cursor.fetchone()
            if row and row[0]:
                found[model._meta.db_table] = int(row[0])
    return found


def go_on_from(connection: Any, last: dict[str, int]) -> None:
    """Have the next row of each table get the number after its last one."""
    with connection.cursor() as cursor:
        for model in numbered():
            table = model._meta.db_table
            if table in last:
                for statement in GO_ON[connection.vendor]:
                    cursor.execute(statement, {"table": table, "column": model._meta.pk.column, "last": last[table]})
