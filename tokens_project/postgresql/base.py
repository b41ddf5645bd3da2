"""Django's PostgreSQL backend, which does not wait for a server that has fallen silent, and works through a pooler.

A frozen server, or one behind a cut link, sends nothing and closes nothing, and TCP has its packets acknowledged or
sent again for a quarter of an hour: a thread that waits for an answer must look at the clock by itself.

A pooler such as PgBouncer refuses what it does not know at the start of a connection, may give each transaction another
session of the server, and answers in place of a server that does not.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self, TypeVar, cast

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base, schema
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from psycopg.pq import TransactionStatus
from psycopg.waiting import Ready

from accounts.database.before_commit import write_what_was_noted
from accounts.database.deadlines import deadline_of_thread, with_deadline
from accounts.database.statement_time import WITHOUT_TIMEOUTS, StatementTime, statement_time
from tokens_project.postgresql.places import places
from tokens_project.postgresql.prepared import NOT_KEPT, PreparedStatements, leads_to_one_session
from tokens_project.postgresql.silence import Silence, Silent, silences

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# After so many seconds without an answer the server is asked for a sign of life, and then after twice as many.
QUIET_SECONDS = 1.0
# Within so many seconds it gives one: the least that PostgreSQL's library knows.
SIGN_OF_LIFE_SECONDS = 2
# So long the first statement of a connection or a request may take, which costs the server nothing.
GREETING_SECONDS = 3.0
# So long a statement may take where a page has used up its time: what ends a transaction must not be stopped.
LEAST_SECONDS = 0.05
# A statement that waits for a lock gives up and is answered 503, rather than holding a thread. What somebody has set
# stays: for the role, the database or the server, or by `options` of DATABASE_URL.
# The rows of a list are joined from eight tables: weighing every order of them took ten times as long as reading them.
# Of more than four PostgreSQL keeps to the order in which a statement joins them.
SETTINGS = """
    SELECT set_config(wanted.name, value, false)
    FROM (VALUES ('lock_timeout', '10s'), ('statement_timeout', '60s'), ('join_collapse_limit', '4'))
        AS wanted (name, value)
    JOIN pg_settings USING (name)
    WHERE source = 'default'
"""
# The number of the lock that a process holds while it migrates.
MIGRATING = 7_230_411


def asked_again(gen: PQGen[Result]) -> PQGen[Result]:
    """What a statement waits for, after a wait for it was given up: it hears that nothing is ready, and asks again.

    A wait begins with `next`, which a statement that is still being sent takes for an answer.
    """
    ready: Ready | int = Ready.NONE
    while True:
        try:
            asked = gen.send(ready)
        except StopIteration as ended:
            return cast("Result", ended.value)
        ready = yield asked


class Connection(psycopg.Connection[Any]):
    """A connection that is closed, and never used again, where the server does not answer in time."""

    parameters: dict[str, Any]
    silence: Silence
    # How often another server had taken the place of the one before when this connection began.
    changes: int
    # None where the server may keep none for this connection.
    prepared: PreparedStatements | None = None

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """What the server answers; raises `Silent`."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        allowed = statement_time()
        if allowed is None:
            return self._answer(gen, interval)
        began = time.monotonic()
        try:
            return self._answer(gen, interval, allowed)
        finally:
            allowed.spend(time.monotonic() - began)

    def _answer(self, gen: PQGen[Result], interval: float, allowed: StatementTime | None = None) -> Result:
        """What the server answers, be it that it has stopped a statement that took longer than it may."""
        quiet = QUIET_SECONDS
        stop_at = time.monotonic() + max(allowed.left, LEAST_SECONDS) if allowed else math.inf
        while True:
            now = time.monotonic()
            try:
                return super().wait(gen, interval, max(0.0, min(quiet, deadline_of_thread() - now, stop_at - now)))
            except _WaitTimeout:
                if allowed and time.monotonic() >= stop_at:
                    allowed.was_stopped, stop_at = True, math.inf
                    self._stop_statement()
                elif self._is_given_up():
                    if allowed:
                        # Whatever was asked of the server, it has stopped nothing.
                        allowed.was_stopped = False
                    self.close()
                    raise Silent from None
                else:
                    quiet *= 2
                gen = asked_again(gen)

    def _stop_statement(self) -> None:
        """Have the server stop the statement that runs; where that cannot be told, it is waited for as any other."""
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=SIGN_OF_LIFE_SECONDS)

    def _is_given_up(self) -> bool:
        """Whether nobody waits any longer, or the server takes no new connection either; the slow, or full, answers."""
        if time.monotonic() >= deadline_of_thread():
            self.silence.begin()
        if self.silence.lasts():
            return True
        # Of several hosts, the one that this connection leads to.
        place = {"host": self.info.host, "hostaddr": self.info.hostaddr, "port": self.info.port}
        try:
            psycopg.connect(**self.parameters | place | {"connect_timeout": SIGN_OF_LIFE_SECONDS}).close()
        except ConnectionTimeout:
            self.silence.begin()
        except psycopg.Error:
            # It takes no more connections, or is starting again: it will answer, or close this one.
            pass
        return self.silence.lasts()


class SchemaEditor(schema.DatabaseSchemaEditor):
    """Django's, whose statements take as long as they take: a migration works on tables of any size."""

    def __enter__(self) -> Self:
        """Within a transaction until its end, so that behind a pooler nobody else finds it so."""
        super().__enter__()
        with self.connection.cursor() as cursor:
            cursor.execute(WITHOUT_TIMEOUTS)
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with those above, and statements that the server keeps prepared."""

    SchemaEditorClass = SchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those of all threads of the process.
        self.silence, self.places = silences[self.alias], places[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """A connection; raises `Silent` at once where the server was found silent a moment ago."""
        if time.monotonic() >= deadline_of_thread() or self.silence.keeps_away():
            raise Silent
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        began = time.monotonic()
        try:
            connection = self.places.connect(Connection, conn_params)
        except psycopg.Error:
            # Of several hosts the last may have refused, and one before it have been waited for.
            if time.monotonic() - began >= SIGN_OF_LIFE_SECONDS:
                self.silence.begin()
            else:
                self.silence.end()
            raise
        connection.parameters, connection.silence, connection.changes = conn_params, self.silence, self.places.changes
        return connection

    def commit(self) -> None:
        """Commit, once what the transaction has for a place outside the database is written there."""
        write_what_was_noted(self)
        super().commit()

    def close_if_unusable_or_obsolete(self) -> None:
        """As Django's; also where another server has taken the place of the one that this connection leads to.

        An old primary that wakes up again knows nothing of what was revoked since.
        """
        if self.connection is not None and self.connection.changes != self.places.changes:
            self.close()
        super().close_if_unusable_or_obsolete()

    def init_connection_state(self) -> None:
        """Prepare a new connection, which shows whether it leads to a server that works."""
        with_deadline(GREETING_SECONDS, super().init_connection_state)
        self.silence.end()

    def _configure_connection(self, connection: Connection) -> bool:
        super()._configure_connection(connection)  # type: ignore[misc] # unknown to the stubs
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS)
        wanted = self.settings_dict["PREPARED_STATEMENTS"]
        are_kept = wanted is not False and leads_to_one_session(connection)
        if wanted or are_kept:
            connection.prepared = PreparedStatements(connection, are_kept=are_kept)
        return True

    def rows_of(self, statement: str, params: list[Any], *, keeps_form: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a statement that runs often: nothing is asked before it, and a connection found dead is replaced.

        What it returns `keeps_form` where no change of a table gives its columns other types.
        """
        if not self.autocommit:
            # What broke off here would take the transaction with it.
            return self._rows_of(statement, params, keeps_form=keeps_form)
        began = time.monotonic()
        try:
            rows = self._rows_of(statement, params)
        except OperationalError:
            # Who was quiet has been waited for long enough: a new connection may take three seconds more (VAL-4).
            was_waited_for = time.monotonic() - began >= QUIET_SECONDS
            if was_waited_for or self.connection is None or not self.connection.closed:
                raise
            self.close()
            rows = self._rows_of(statement, params)
        # A thread that needs a new connection now must not keep away from a server that answers.
        self.silence.end()
        self.health_check_done = True
        return rows

    def _rows_of(self, statement: str, params: list[Any], *, keeps_form: bool = False) -> list[tuple[Any, ...]]:
        if self.connection is None:
            self.ensure_connection()
        connection: Connection = self.connection
        prepared = connection.prepared
        opens = connection.pgconn.transaction_status == TransactionStatus.IDLE
        with self.wrap_database_errors:
            if prepared and (opens or keeps_form) and (self.autocommit or prepared.are_kept):
                try:
                    return prepared.rows_of(statement, params)
                except NOT_KEPT as error:
                    connection.prepared = None
                    logger.warning("this connection runs without prepared statements from now on: %s", error)
                    if not opens:
                        raise
                    # Nothing was done in the transaction: it begins again.
                    connection.rollback()
            cursor = self.create_cursor()
            cursor.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def migrating(self, waits: Callable[[], None]) -> Iterator[None]:
        """Alone among the processes that migrate this database, on any machine: the second calls `waits`, and waits.

        By a connection of its own, and for the length of a transaction, which a pooler gives to nobody else.
        """
        keeper = self.copy()
        try:
            keeper.set_autocommit(autocommit=False)
            with keeper.cursor() as cursor:
                cursor.execute(f"{WITHOUT_TIMEOUTS}; SET LOCAL idle_in_transaction_session_timeout = 0")
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MIGRATING])
                if cursor.fetchone() == (False,):
                    waits()
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATING])
            yield
        finally:
            keeper.close()

    def is_usable(self) -> bool:
        """Whether the server still answers on the connection of this thread."""
        return with_deadline(GREETING_SECONDS, super().is_usable)

    def chunked_cursor(self) -> Any:
        """A cursor of the server, within a transaction; else an ordinary one, for a pooler may forget the other."""
        return super().chunked_cursor() if self.in_atomic_block else self.cursor()
