"""Django's SQLite backend, which makes no database by itself, and remembers how a statement's placeholders are written.

SQLite makes an empty database wherever it finds none. A command in a wrong folder, or without the settings of the
service, would find an instance without people and tokens, and leave it behind: only `migrate` begins one.

Django searches every statement for its placeholders each time it runs; for the long statement of a validation that
alone took a tenth of the request.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.features import DatabaseFeatures as SQLiteFeatures
from django.db.backends.sqlite3.operations import DatabaseOperations as SQLiteOperations

from accounts.database.before_commit import write_what_was_noted
from tokens_project.environment import MAY_NOT_WRITE, make_folder, refuse
from tokens_project.environment.keys import generated_key

_written_for_sqlite = lru_cache(maxsize=512)(base.SQLiteCursorWrapper.convert_query)


class CursorWrapper(base.SQLiteCursorWrapper):
    """A cursor that converts a statement once."""

    def convert_query(self, query: str, *, param_names: Iterable[str] | None = None) -> str:
        """The statement with SQLite's placeholders."""
        if param_names is None:
            return _written_for_sqlite(None, query)
        return super().convert_query(query, param_names=param_names)


def nothing_at(file: Path) -> str:
    """What to say where a file of the instance is missing."""
    return f"there is no {file}: give DATA_DIR and DATABASE_URL as the service has them"


class DatabaseFeatures(SQLiteFeatures):
    """Django's, from the version on that has the index by which tokens are searched for."""

    minimum_database_version = (3, 34)


class DatabaseOperations(SQLiteOperations):
    """Django's, which reads instants and ids in half of the time."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """An instant in UTC, as it was stored; Django itself asks settings about each."""
        if type(value) is str:
            return datetime.fromisoformat(value).replace(tzinfo=connection.timezone)
        return super().convert_datetimefield_value(value, expression, connection)

    def convert_uuidfield_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        """The id of 32 hexadecimal digits, which need no search for hyphens and brackets."""
        return value if value is None else UUID(int=int(value, 16))


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with the cursor above, for a database that is there."""

    features_class = DatabaseFeatures
    ops_class = DatabaseOperations

    @property
    def missing(self) -> list[Path]:
        """The files of this instance that were missing when the process began; none for a database of tests."""
        files: list[Path] = self.settings_dict["MISSING"].get(self.settings_dict["NAME"], [])
        return files

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection; none where something of the instance is missing."""
        if self.missing:
            raise OperationalError(nothing_at(self.missing[-1]))
        return super().get_new_connection(conn_params)

    def commit(self) -> None:
        """Commit, once what the transaction has for a place outside the database is written there."""
        write_what_was_noted(self)
        super().commit()

    def begin(self) -> None:
        """Make what is missing: keys first, since a database is never without them. Raises `BadSetting`."""
        for file in self.missing:
            make_folder("DATA_DIR", file.parent)
            try:
                if file == self.settings_dict["NAME"]:
                    file.touch(mode=0o600)
                else:
                    generated_key(file)
            except OSError:
                refuse("DATA_DIR", MAY_NOT_WRITE)
        self.missing.clear()

    @contextmanager
    def migrating(self, waits: Callable[[], None]) -> Iterator[None]:
        """Alone among the processes that migrate this database: the second one calls `waits`, and waits."""
        # Not the file itself: to close it here once more would take away SQLite's own locks of this process.
        folder = os.open(Path(self.settings_dict["NAME"]).parent, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waits()
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - SQLite has no named cursors
        """A cursor of this connection."""
        return self.connection.cursor(factory=CursorWrapper)

    def rows_of(self, statement: str, params: list[Any], *, keeps_form: bool = False) -> list[tuple[Any, ...]]:  # noqa: ARG002 - PostgreSQL asks
        """The rows of a statement that runs often, which the connection keeps prepared."""
        if self.connection is None:
            self.ensure_connection()
        written = _written_for_sqlite(None, statement)
        with self.wrap_database_errors:
            rows: list[tuple[Any, ...]] = self.connection.execute(written, params).fetchall()
        return rows
