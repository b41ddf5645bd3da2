"""What the database is called."""

from __future__ import annotations

from django.db import connection


def database_name() -> str:
    """The database and its version, as in "PostgreSQL 15.4"."""
    return f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"
