"""How much of a SQLite database a connection keeps in memory while it changes very many rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_A_LARGE_ACT = 64 * 1024


@contextmanager
def large_page_cache(kilobytes: int = OF_A_LARGE_ACT) -> Iterator[None]:
    """Keep 64 MB of SQLite's pages in this block, or so many, rather than 2 MB.

    An act on a hundred thousand tokens changes pages of every index in no order: with a small cache each page is
    written out and read again many times over, which takes longer than the change itself.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    enlarged = connection.connection
    (before,) = enlarged.execute("PRAGMA cache_size").fetchone()
    enlarged.execute(f"PRAGMA cache_size = -{kilobytes}")
    try:
        yield
    finally:
        # Django closes a connection that cannot roll back; the next one begins with a small cache.
        if connection.connection is enlarged:
            enlarged.execute(f"PRAGMA cache_size = {before}")
            enlarged.execute("PRAGMA shrink_memory")
