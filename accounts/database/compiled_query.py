"""A query compiled once from its QuerySet and run many times.

Building the same SQL through the ORM each time costs more than half of a validation, and of an issue. The SQL still
comes from the QuerySet, so that it follows the models; a test holds the two together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Expression, Value

from accounts.at_hand import connection_at_hand

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler


class _Slot(NamedTuple):
    name: str


class Placeholder(Expression):
    """A value that each run of a compiled query gives, by name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG002 - Django calls it so
        """A parameter whose value is filled in later."""
        return "%s", (_Slot(self.name),)


class CompiledQuery:
    """The SQL of a `values_list` QuerySet with `Placeholder`s, for one database connection."""

    def __init__(self, queryset: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> None:
        # One of ours: Django's know no `rows_of`.
        self.connection: Any = connection
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, params = compiler.as_sql()
        self.params = tuple(params)
        columns = [column for column, _sql, _alias in compiler.select]
        self.width = len(columns)
        self._keeps_form = all(isinstance(column, Value) for column in columns)
        converters = [
            (position, converter, expression)
            for position, (of_column, expression) in compiler.get_converters(columns).items()
            for converter in of_column
        ]
        # SQLite's truths are numbers: to call Django's own conversion of one costs more than to convert it.
        of_truths = getattr(connection.ops, "convert_booleanfield_value", None)
        self._truths = [position for position, converter, _expression in converters if converter == of_truths]
        self._converters = [each for each in converters if each[1] != of_truths]

    def rows(self, **values: Any) -> list[list[Any]]:
        """The rows for these values of the placeholders, converted as the ORM would."""
        params = filled(self.params, values)
        rows = fetched(self.connection, self.sql, params, keeps_form=self._keeps_form)
        return [self.converted(row) for row in rows]

    def converted(self, fetched_row: Sequence[Any]) -> list[Any]:
        """A row as the ORM would give it."""
        row, connection = list(fetched_row), self.connection
        # What is NULL stays None, in every column that we read.
        for position in self._truths:
            if row[position] is not None:
                row[position] = bool(row[position])
        for position, converter, expression in self._converters:
            value = row[position]
            if value is not None:
                row[position] = converter(value, expression, connection)
        return row


class QueryPair:
    """Two compiled queries, asked of a server in one statement: one way there and back in place of two.

    The second finds one row at most. The first column of each is never NULL in a row that is there.
    """

    def __init__(self, first: CompiledQuery, second: CompiledQuery) -> None:
        self._first, self._second = first, second
        self.sql = (
            f"SELECT one.*, two.* FROM (SELECT 1) AS always LEFT JOIN ({first.sql}) AS one ON TRUE"  # noqa: S608 - Django's own, with placeholders
            f" LEFT JOIN ({second.sql}) AS two ON TRUE"
        )
        self._params = (*first.params, *second.params)

    def rows(self, **values: Any) -> tuple[list[list[Any]], list[Any] | None]:
        """The rows of the first for these values of the placeholders, and the row of the second or None."""
        rows = fetched(self._first.connection, self.sql, filled(self._params, values))
        width = self._first.width
        ones = [self._first.converted(row[:width]) for row in rows if row[0] is not None]
        two = rows[0][width:]
        return ones, None if two[0] is None else self._second.converted(two)


def filled(params: tuple[Any, ...], values: dict[str, Any]) -> list[Any]:
    """The parameters with the values of this run in their places."""
    return [values[param.name] if type(param) is _Slot else param for param in params]


def fetched(connection: Any, sql: str, params: list[Any], *, keeps_form: bool = False) -> list[tuple[Any, ...]]:
    """What the database answers; it `keeps_form` where no change of a table gives its columns other types.

    Such a statement is prepared within a transaction too.
    """
    rows: list[tuple[Any, ...]]
    if connection.queries_logged or connection.execute_wrappers:
        with connection.cursor() as wrapped:
            wrapped.execute(sql, params)
            rows = wrapped.fetchall() if wrapped.description else []
    else:
        # Without the wrapper that Django lays around a cursor for those two: it costs more than SQLite's answer.
        connection.validate_no_broken_transaction()
        rows = connection.rows_of(sql, params, keeps_form=keeps_form)
    return rows


class _OfThread(threading.local):
    """The queries compiled in one thread, for its connection."""

    def __init__(self) -> None:
        self.queries: dict[tuple[Any, ...], CompiledQuery] = {}
        self.pairs: dict[tuple[CompiledQuery, CompiledQuery], QueryPair] = {}


_of_thread = _OfThread()


def compiled(build: Callable[..., QuerySet[Any, Any]], *args: Any) -> CompiledQuery:
    """The query that `build(*args)` describes, compiled at the first call of this thread; `args` are hashable."""
    key = (build, *args)
    query = _of_thread.queries.get(key)
    if query is None:
        query = _of_thread.queries[key] = CompiledQuery(build(*args), connection_at_hand())
    return query


def paired(first: CompiledQuery, second: CompiledQuery) -> QueryPair:
    """Two queries of this thread as one statement, which is written at the first call."""
    pair = _of_thread.pairs.get((first, second))
    if pair is None:
        pair = _of_thread.pairs[first, second] = QueryPair(first, second)
    return pair
