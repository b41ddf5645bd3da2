"""Statements that a session of the server keeps prepared: planned once, and then run for every token.

A pooler gives each transaction another session, and most know nothing of what a client has prepared. So nothing is
prepared unless the server itself is at the other end, or DATABASE_URL says that the pooler keeps statements. A session
that has not kept one is asked without, so that no caller hears of it.

Within a transaction that comes too late: the error has ended it. There only the first statement is prepared, since a
transaction that has done nothing can begin again, and those whose answer has the same form whatever becomes of the
tables; and this only where the server itself is at the other end.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq
from psycopg._queries import PostgresQuery
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import (
    DuplicatePreparedStatement,
    FeatureNotSupported,
    InvalidSqlStatementName,
    error_from_result,
)
from psycopg.generators import execute

if TYPE_CHECKING:
    from psycopg.abc import PQGen

# What a session says that has no statement of this name, or has one already, or one for a table as it was before.
NOT_KEPT = (InvalidSqlStatementName, DuplicatePreparedStatement, FeatureNotSupported)


class PreparedStatements:
    """The statements that a connection runs prepared, under names that tell what each statement says.

    psycopg's own names are numbers: where a pooler hides itself, one process would run the statement of another. And
    its cursor writes a statement anew each time, only to find that it is prepared: a third of a validation's query.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, are_kept: bool) -> None:
        self._connection = connection
        # Whether that is known, and not only said.
        self.are_kept = are_kept
        self._transformer = Transformer(connection)
        # By what they say, and the types of what is given to them.
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}

    def rows_of(self, statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
        """The rows of this statement, prepared at its first run; raises one of `NOT_KEPT`, and psycopg's others."""
        with self._connection.lock:
            result = self._connection.wait(self._run(statement, params))
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _run(self, statement: str, params: list[Any]) -> PQGen[pq.abc.PGresult]:
        # The transaction that Django has begun is one for the server from the first statement on.
        yield from self._connection._start_query()  # noqa: SLF001 - as psycopg's own cursor does
        transformer = self._transformer
        values = transformer.dump_sequence(params, [PyFormat.AUTO] * len(params))
        formats, types = transformer.formats, transformer.types or ()
        name = self._names.get((statement, types)) or (yield from self._prepare(statement, params, types))
        self._connection.pgconn.send_query_prepared(name, values, param_formats=formats, result_format=pq.Format.BINARY)
        return (yield from self._answer())

    def _prepare(self, statement: str, params: list[Any], types: tuple[int, ...]) -> PQGen[bytes]:
        query = PostgresQuery(Transformer(self._connection))
        query.convert(statement, params)
        name = b"_" + hashlib.sha256(query.query + repr(types).encode()).hexdigest()[:40].encode()
        self._connection.pgconn.send_prepare(name, query.query, param_types=types)
        yield from self._answer()
        self._names[statement, types] = name
        return name

    def _answer(self) -> PQGen[pq.abc.PGresult]:
        # A session that is ended says so, and behind that, in a result of its own, that it is gone.
        result: pq.abc.PGresult = (yield from execute(self._connection.pgconn))[0]
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding=self._connection.info.encoding)
        return result


def leads_to_one_session(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server itself is at the other end: a pooler gives another process's number at the start, its own."""
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    return found == (connection.info.backend_pid,)
