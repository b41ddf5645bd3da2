"""Statements that a session of the server keeps prepared: planned once, and then run for every token.

A pooler gives each transaction another session, and most know nothing of what a client has prepared. So nothing is
prepared unless the server itself is at the other end, or DATABASE_URL says that the pooler keeps statements. A session
that has not kept one is asked without, so that no caller hears of it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg._preparing import Key, Prepare, PrepareManager
from psycopg.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName

if TYPE_CHECKING:
    from psycopg._queries import PostgresQuery

# What a session says that has no statement of this name, or has one already, or one for a table as it was before.
NOT_KEPT = (InvalidSqlStatementName, DuplicatePreparedStatement, FeatureNotSupported)


class Statements(PrepareManager):
    """What one connection has prepared, under names that tell what each statement says.

    psycopg's own are numbers: where a pooler hides itself, one process would run the statement of another.
    """

    def get(self, query: PostgresQuery, prepare: bool | None = None) -> tuple[Prepare, bytes]:  # noqa: FBT001 - psycopg's order
        """Whether to prepare the statement, and its name."""
        asked, name = super().get(query, prepare)
        if asked is Prepare.SHOULD:
            name += b"_" + hashlib.sha256(repr(self.key(query)).encode()).hexdigest()[:40].encode()
        return asked, name

    def maybe_add_to_cache(self, query: PostgresQuery, prep: Prepare, name: bytes) -> Key | None:
        """Remember what is prepared, and nothing else: the others hold their values, up to megabytes of them."""
        return None if prep is Prepare.NO else super().maybe_add_to_cache(query, prep, name)


class PreparedStatements:
    """The statements that a connection runs prepared, each with its cursor, which knows how to read its rows."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._cursors: dict[str, psycopg.Cursor[Any]] = {}
        connection._prepared = Statements()  # noqa: SLF001 - psycopg has no other way to name them

    def rows_of(self, statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
        """The rows of this statement, prepared at its first run; raises one of `NOT_KEPT`, and psycopg's others."""
        cursor = self._cursors.get(statement)
        if cursor is None:
            cursor = self._cursors[statement] = psycopg.Cursor(self._connection)
        return cursor.execute(statement, params, prepare=True, binary=True).fetchall()


def leads_to_one_session(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server itself is at the other end: a pooler gives another process's number at the start, its own."""
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    return found == (connection.info.backend_pid,)
