"""How long a write waits for a lock of the database: none at all for a write that the next page can make up for."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.utils import DatabaseError, InterfaceError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.03
# From the commit of an act until the page that tells of it has stored that it did.
SECONDS_FOR_A_PAGE = 0.5


def write_unless_locked(write: Callable[[], object]) -> bool:
    """Do this write if it has to wait for no lock; returns whether it was done (AVA-5).

    Every other error of the database is swallowed too: the page meets it again where it matters.
    """
    try:
        with sqlite_lock_wait(0), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = 1")
            write()
    except (DatabaseError, InterfaceError) as error:
        logger.info("left until the next page: %s", error)
        return False
    return True


@contextmanager
def sqlite_lock_wait(seconds: int) -> Iterator[None]:
    """Let SQLite wait so long for another writer in this block; with 0 it fails at once."""
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


def let_others_write() -> None:
    """Wait a moment on SQLite, where a process that waits to write looks only now and then whether it may."""
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)


def let_page_follow(stop: threading.Event) -> None:
    """Let the page after an act write first on SQLite, since it waits for no other writer (AVA-5), or until the stop.

    What it leaves to the next page is told there again.
    """
    if connection.vendor == "sqlite":
        stop.wait(SECONDS_FOR_A_PAGE)
