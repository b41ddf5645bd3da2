"""Rows of a set: one that a query names, which PostgreSQL is to read first, or one of ids, however many."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.db.models import Lookup
from django.db.models.lookups import In

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


class ReadFirst(In):
    """Whether a column holds one of the few values that a query finds.

    PostgreSQL would join all rows with them, or begin with all rows, where it expects the query to find many.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By an array, which is no table to be joined."""
        column, values = self.process_lhs(compiler, connection)
        found, more = self.process_rhs(compiler, connection)
        return f"{column} = ANY (ARRAY{found})", [*values, *more]


class AmongIds(_Lookup):
    """Whether a column holds one of these ids, known to Python or as the database gave them, in one parameter."""

    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By an array of them all: PostgreSQL would take a query within for many, and walk the order's index."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", [*values, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By JSON, of which SQLite makes rows."""
        column, values = self.process_lhs(compiler, connection)
        ids = json.dumps(self.rhs, default=attrgetter("hex"))
        return f"{column} IN (SELECT value FROM json_each(%s))", [*values, ids]  # noqa: S608 - a column of ours
