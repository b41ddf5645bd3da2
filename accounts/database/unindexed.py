"""Keeping SQLite from an index that it would rather not take."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Func


class Unindexed(Func):
    """A column that an order's index is walked beside: SQLite would take an index of the column, and sort all it finds.

    PostgreSQL knows how many these are.
    """

    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """With a plus sign, as SQLite's documentation has it."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """As it is."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **context)


class AskedOfEach(Unindexed):
    """A condition that is asked of each row, however many indexes would find rows for its parts.

    In a CASE, SQLite asks no further than the answer is known; everywhere else it asks every part.
    """

    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """In a CASE, into which no index leads."""
        return self.as_sql(compiler, connection, template="CASE WHEN %(expressions)s THEN 1 ELSE 0 END", **context)
