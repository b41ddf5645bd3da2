"""A server that answers others, but takes its time to read a statement, or to answer it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.tokens_project.linked_postgresql import Connect, value
from tokens_project.postgresql.base import QUIET_SECONDS

pytestmark = pytest.mark.once

# More than all buffers between the two hold.
LONG_TEXT = "x" * 30_000_000


@contextmanager
def busy(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The process that serves this connection stands still for so long that it is asked for a sign of life twice."""
    serving = value(connection, "SELECT pg_backend_pid()")
    os.kill(serving, signal.SIGSTOP)
    until = Timer(4 * QUIET_SECONDS, os.kill, (serving, signal.SIGCONT))
    until.start()
    yield
    until.join()


@pytest.mark.parametrize("text", [LONG_TEXT, "short"])
def test_what_is_read_or_answered_late_is_waited_for(database: Connect, text: str) -> None:
    connection = database()
    with busy(connection), connection.cursor() as cursor:
        cursor.execute("SELECT length(%s)", [text])
        assert cursor.fetchone() == (len(text),)
    assert value(connection, "SELECT 1") == 1
