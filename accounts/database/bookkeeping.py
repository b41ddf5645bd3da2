"""What a page notes by the way, and nobody waits for: where another has the lock it is left until the next time."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.utils import DatabaseError, InterfaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


def note(write: Callable[[], object]) -> bool:
    """Do this write if no lock has to be waited for; returns whether it was done (AVA-5).

    Whatever else the database has against it is left to the page itself, which meets it where it matters.
    """
    try:
        with patience_of(0), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = 1")
            write()
    except (DatabaseError, InterfaceError) as error:
        logger.info("left until the next page: %s", error)
        return False
    return True


@contextmanager
def patience_of(seconds: int) -> Iterator[None]:
    """Let SQLite wait for so long for another who writes; with 0 it says so at once."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    milliseconds = int(connection.settings_dict["OPTIONS"]["timeout"] * 1000)
    connection.connection.execute(f"PRAGMA busy_timeout = {seconds * 1000}")
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
