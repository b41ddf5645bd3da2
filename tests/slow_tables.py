"""Tables that take minutes to read, for this thread's connection alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

COUNTS_TO_A_BILLION = """
    WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 1000000000)
    SELECT COUNT(*) FROM numbers
"""


@contextmanager
def slow(table: str) -> Iterator[None]:
    """Whoever reads the table on this connection, as a page of the test's client does, waits for minutes."""
    schema = "main" if connection.vendor == "sqlite" else "public"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY VIEW {table} AS SELECT * FROM {schema}.{table} WHERE ({COUNTS_TO_A_BILLION}) > 0"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP VIEW {table}")
