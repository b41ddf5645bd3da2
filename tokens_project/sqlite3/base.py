"""Django's SQLite backend, which remembers how each statement's placeholders are written.

Django searches every statement for its placeholders each time it runs; for the long statement of a validation that
alone took a tenth of the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

_written_for_sqlite = lru_cache(maxsize=512)(base.SQLiteCursorWrapper.convert_query)


class CursorWrapper(base.SQLiteCursorWrapper):
    """A cursor that converts a statement once."""

    def convert_query(self, query: str, *, param_names: Iterable[str] | None = None) -> str:
        """The statement with SQLite's placeholders."""
        if param_names is None:
            return _written_for_sqlite(None, query)
        return super().convert_query(query, param_names=param_names)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with the cursor above."""

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - SQLite has no named cursors
        """A cursor of this connection."""
        return self.connection.cursor(factory=CursorWrapper)
