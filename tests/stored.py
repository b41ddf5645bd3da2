"""What the database holds, as bytes."""

from __future__ import annotations

from django.db import connection


def everything_stored() -> bytes:
    """Every cell of every table, bytes as they are and in hexadecimal."""
    cells: list[bytes] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for cell in row:
                    raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                    cells += [raw, raw.hex().encode()]
    return b"\n".join(cells)
