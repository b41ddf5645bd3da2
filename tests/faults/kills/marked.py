"""The product's WSGI application, with marks laid around it from outside: at the one that a request names, its process
is killed as by `kill -9`.

`gunicorn … --preload tests.faults.kills.marked:application` serves it. What writes uses in the background has no
request of its own: a request names its mark, and the next batch of the process meets it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from random import uniform
from typing import Any

import psycopg
from django.db.backends import utils
from django.db.backends.base import base

from tests.faults.kills.marks import (
    AFTER_COMMIT,
    AT_COMMIT,
    BEFORE_COMMIT,
    COUNTED,
    FIRST,
    HEADER,
    IN_THE_ANSWER,
    IN_THE_BACKGROUND,
    STATEMENTS,
    next_statement,
)
from tokens_project.postgresql.base import DatabaseWrapper as PostgreSQL
from tokens_project.server import connection as server
from tokens_project.sqlite3.base import DatabaseWrapper as SQLite
from tokens_project.wsgi import application as product

# What marks are laid around; of any type, for a method of a class is replaced.
Cursor: Any = utils.CursorWrapper
Database: Any = base.BaseDatabaseWrapper
Connection: Any = psycopg.Connection
Outgoing: Any = server.Outgoing

AUDITED = 'INSERT INTO "accounts_auditevent"'
# The thread that writes uses, and within so many seconds what SQLite writes for a commit is there.
USAGE = "usage"
SECONDS_OF_A_COMMIT = 0.002


class Here(threading.local):
    """What a thread is about, and how far its transaction has come."""

    mark = ""
    # Of the transaction that it is in, and of the one before.
    statements = 0
    of_the_last = 0
    is_recorded = False


here = Here()
# The mark of the next batch of uses of this process.
of_background = [""]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The product's answer; where the statements are counted, it tells in a header how many there were."""
    mark = environ.get(f"HTTP_{HEADER.upper().replace('-', '_')}", "")
    if mark.startswith(IN_THE_BACKGROUND):
        of_background[0] = mark.removeprefix(IN_THE_BACKGROUND)
        return product(environ, start_response)
    here.mark, here.statements, here.is_recorded = mark, 0, False

    def counted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, (STATEMENTS, str(here.of_the_last))], *more)

    return product(environ, counted if mark == COUNTED else start_response)


def kill() -> None:
    """The end of this process, as `kill -9` ends it."""
    os.kill(os.getpid(), signal.SIGKILL)


def wanted() -> str:
    """The mark at which this thread ends the process; empty for none."""
    return of_background[0] if threading.current_thread().name == USAGE else here.mark


def is_the_act() -> bool:
    """Whether the transaction of this thread is that of the act, or of the batch."""
    return here.is_recorded or threading.current_thread().name == USAGE


def note_statement(connection: Any, sql: Any) -> None:
    """A statement is about to be sent: end the process where it is the one that is marked."""
    if not connection.in_atomic_block:
        return
    if wanted() in {next_statement(here.statements), FIRST if not here.statements else None}:
        kill()
    here.statements += 1
    here.is_recorded = here.is_recorded or AUDITED in str(sql)


def lay_around_statements() -> None:
    """Marks before every statement, by whichever of Django's and our ways it goes."""
    execute = Cursor.execute

    def executed(cursor: Any, sql: Any, params: Any = None) -> Any:
        note_statement(cursor.db, sql)
        return execute(cursor, sql, params)

    Cursor.execute = executed
    database: Any
    for database in (SQLite, PostgreSQL):
        database.rows_of = noting(database.rows_of)


def noting(rows_of: Callable[..., Any]) -> Callable[..., Any]:
    """The same, with the mark before it."""

    def noted(wrapper: Any, statement: str, params: list[Any], **options: Any) -> Any:
        note_statement(wrapper, statement)
        return rows_of(wrapper, statement, params, **options)

    return noted


def lay_around_commits() -> None:
    """Marks before, at and after the commit of the act."""
    commit = Database._commit

    def committed(wrapper: Any) -> None:
        mark = wanted() if is_the_act() else ""
        if mark == BEFORE_COMMIT:
            kill()
        if mark == AT_COMMIT and wrapper.vendor == "sqlite":
            threading.Thread(target=kill_within, args=[uniform(0, SECONDS_OF_A_COMMIT)]).start()
        commit(wrapper)
        if mark in {AT_COMMIT, AFTER_COMMIT}:
            kill()
        here.of_the_last, here.statements, here.is_recorded = here.statements, 0, False

    Database._commit = committed


def kill_within(seconds: float) -> None:
    """SQLite commits within the process, and lets other threads run meanwhile: one of them ends it."""
    time.sleep(seconds)
    kill()


def lay_around_the_wire() -> None:
    """To PostgreSQL COMMIT is sent, and its answer never read."""
    send = Connection._exec_command

    def sent(connection: Any, command: Any, *options: Any, **more: Any) -> Any:
        if command == b"COMMIT" and is_the_act() and wanted() == AT_COMMIT:
            connection.pgconn.send_query(command)
            connection.pgconn.flush()
            kill()
        return (yield from send(connection, command, *options, **more))

    Connection._exec_command = sent


def lay_around_the_answer() -> None:
    """A part of the answer is sent, and nothing more."""
    push = Outgoing.push

    def pushed(outgoing: Any) -> None:
        if here.mark == IN_THE_ANSWER:
            outgoing._sock.send(outgoing.unsent[: int(uniform(1, len(outgoing.unsent)))])
            kill()
        push(outgoing)

    Outgoing.push = pushed


# Before the processes fork: each that takes the place of a killed one would import these by itself.
for late in ("reference_tokens.management_api.door", "tokens_project.urls"):
    import_module(late)
lay_around_statements()
lay_around_commits()
lay_around_the_wire()
lay_around_the_answer()
