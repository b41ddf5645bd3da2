"""Lookups for the characters of a text, for constraints that every program can check.

Django's `regex` is a Python function on SQLite, where `PRAGMA integrity_check` of any other program fails at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Lookup

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class _Characters(Lookup):
    """A lookup whose value is a set of characters, as it stands between brackets: `A-Za-z0-9._-`."""

    prepare_rhs = False
    # Operator and pattern for PostgreSQL, and for SQLite, which has `GLOB` built in.
    regex: tuple[str, str]
    glob: tuple[str, str]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """The condition for PostgreSQL."""
        return self._condition(compiler, connection, *self.regex)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """The condition for SQLite."""
        return self._condition(compiler, connection, *self.glob)

    def _condition(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, operator: str, pattern: str
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {operator} %s", (*params, pattern.format(self.rhs))


class MadeOf(_Characters):
    """Whether each character is one of the set."""

    lookup_name = "made_of"
    regex = ("~", r"^[{}]*\Z")
    glob = ("NOT GLOB", "*[^{}]*")


class BeginsWithOneOf(_Characters):
    """Whether there is a first character, one of the set."""

    lookup_name = "begins_with_one_of"
    regex = ("~", "^[{}]")
    glob = ("GLOB", "[{}]*")
