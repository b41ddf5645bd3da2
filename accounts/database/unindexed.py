"""Keeping SQLite from an index that it would rather not take."""

from __future__ import annotations

from typing import Any

from django.db.models import Func


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
