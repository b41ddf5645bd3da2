"""Texts of a transaction that are written outside the database just before its commit.

Written earlier, they would tell of what is rolled back; written later, a crash could lose what is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Write = Callable[[list[str]], None]


class Noted:
    """Texts that wait for the commit among what Django does after it, which drops them with their savepoint."""

    def __init__(self, write: Write, texts: Sequence[str]) -> None:
        self.write = write
        self.texts = texts

    def __call__(self) -> None:
        """After the commit nothing is left to do."""


def before_commit(write: Write, texts: Sequence[str]) -> None:
    """Have `write` called with these texts, and all others of this transaction, just before its commit.

    It may use a cursor of the connection. Whatever it raises prevents the commit.
    """
    connection.on_commit(Noted(write, texts))


def write_what_was_noted(of: BaseDatabaseWrapper) -> None:
    """Write the texts of the transaction that is about to be committed; for the backends, which call it there.

    Where that raises, the transaction is rolled back: Django would do so for errors of the database alone, and commit
    what Ctrl-C or the end of a request has interrupted.
    """
    noted: dict[Write, list[str]] = {}
    for waiting in of.run_on_commit:
        one = waiting[1]
        if isinstance(one, Noted):
            noted.setdefault(one.write, []).extend(one.texts)
    try:
        for write, texts in noted.items():
            write(texts)
    except BaseException:
        of.rollback()
        raise
