"""A table of things, what is often asked of it, and what may happen to a session in which that is prepared."""

from __future__ import annotations

from typing import Any

from tests.tokens_project.linked_postgresql import Server, value

TABLE = "CREATE TABLE things (name varchar(10), size int); INSERT INTO things VALUES ('ant', 1), ('bee', 2)"
STATEMENT = "SELECT name, size FROM things WHERE size = %s"
INSERT = "INSERT INTO things VALUES (%s, %s)"


def rows(connection: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.rows_of(STATEMENT, [2])
    return found


def number_prepared(connection: Any) -> int:
    return int(value(connection, "SELECT count(*) FROM pg_prepared_statements"))


def write(connection: Any, size: int) -> None:
    connection.rows_of(INSERT, ["cat", size], keeps_form=True)


def number_written(connection: Any) -> int:
    return int(value(connection, "SELECT count(*) FROM things WHERE name = 'cat'"))


def forget(_server: Server, connection: Any) -> None:
    """As psycopg does not hear of."""
    with connection.cursor() as cursor:
        cursor.execute("DO 'BEGIN EXECUTE ''DEALLOCATE ALL''; END'")


def alter(server: Server, _connection: Any) -> None:
    server.execute("ALTER TABLE things ALTER COLUMN name TYPE text")


def end_sessions(server: Server) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
