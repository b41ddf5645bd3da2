"""The backend for PostgreSQL, over a link that can be cut."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.database.deadlines import with_deadline
from accounts.database.statement_time import statements_within
from tests.cut_link import Link
from tests.tokens_project.linked_postgresql import ALIAS, Connect, Server, value
from tokens_project.postgresql.base import MIGRATING

pytestmark = pytest.mark.once


def timeouts(connection: BaseDatabaseWrapper) -> list[str]:
    return [value(connection, f"SHOW {name}") for name in ("lock_timeout", "statement_timeout")]


def is_refused(connection: BaseDatabaseWrapper) -> bool:
    try:
        value(connection, "SELECT 1")
    except OperationalError:
        return True
    return False


@contextmanager
def a_role(server: Server, name: str, definition: str) -> Iterator[str]:
    server.execute(f"CREATE ROLE {name} LOGIN; ALTER ROLE {name} {definition}")
    yield name
    server.execute(f"DROP ROLE {name}")


def answers_again(connection: BaseDatabaseWrapper) -> bool:
    for _number in range(100):
        if not is_refused(connection):
            return True
        connection.close()
        sleep(0.1)
    return False


# --- Timeouts --------------------------------------------------------------------------------------------------------


def test_statements_give_up_in_time(database: Connect) -> None:
    assert timeouts(database()) == ["10s", "1min"]


@pytest.mark.parametrize(("options", "limit"), [("", "4"), ("options=-c%20join_collapse_limit=9", "9")])
def test_the_order_of_many_joins_is_not_weighed(database: Connect, options: str, limit: str) -> None:
    """The planner needs ten times as long for the eight tables of a list's row as the rows take."""
    assert value(database(options), "SHOW join_collapse_limit") == limit


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-c%20lock_timeout=1s", ["1s", "1min"]),
        ("-c%20lock_timeout=1s%20-c%20statement_timeout=0", ["1s", "0"]),
    ],
)
def test_what_database_url_says_of_timeouts_stays(database: Connect, options: str, expected: list[str]) -> None:
    assert timeouts(database(f"options={options}")) == expected


def test_what_the_role_says_of_timeouts_stays(server: Server, database: Connect) -> None:
    with a_role(server, "hasty", "SET statement_timeout = '5s'") as name, closing(database(user=name)) as connection:
        assert timeouts(connection) == ["10s", "5s"]


def test_a_migration_takes_as_long_as_it_takes_and_nothing_else_does(database: Connect) -> None:
    connection = database()
    with connection.schema_editor():
        assert timeouts(connection) == ["0", "0"]
    assert timeouts(connection) == ["10s", "1min"]


# --- A pooler --------------------------------------------------------------------------------------------------------


def test_a_cursor_of_the_server_lives_in_a_transaction_alone(database: Connect) -> None:
    def of_server() -> int:
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT generate_series(1, 3)")
            assert cursor.fetchmany(2) == [(1,), (2,)]
            return int(value(connection, "SELECT count(*) FROM pg_cursors"))

    connection = database()
    assert of_server() == 0
    with transaction.atomic(using=ALIAS):
        assert of_server() == 1


# --- Silence ---------------------------------------------------------------------------------------------------------


def test_a_slow_statement_of_a_server_that_lives_is_waited_for(database: Connect) -> None:
    assert value(database(), "SELECT 'done' FROM pg_sleep(1.3)") == "done"


def test_who_says_how_long_they_wait_waits_so_long(database: Connect) -> None:
    connection = database()
    connection.ensure_connection()
    assert list(connection.connection.notifies(timeout=0.1)) == []
    assert not is_refused(connection)


def test_a_slow_statement_of_a_server_that_takes_no_more_connections_is_waited_for(
    server: Server, database: Connect
) -> None:
    with a_role(server, "lonely", "CONNECTION LIMIT 1") as name, closing(database(user=name)) as connection:
        assert value(connection, "SELECT 'done' FROM pg_sleep(1.3)") == "done"


def test_a_statement_that_takes_longer_than_its_thread_waits_is_given_up(database: Connect) -> None:
    connection = database()
    connection.ensure_connection()
    with pytest.raises(OperationalError, match="did not answer in time"):
        with_deadline(0.2, value, connection, "SELECT pg_sleep(30)")
    assert not connection.is_usable()
    connection.close()
    assert answers_again(connection)


@pytest.mark.django_db
def test_a_server_that_falls_silent_has_stopped_no_statement(server: Server, database: Connect) -> None:
    connection = database()
    connection.ensure_connection()
    with (
        server.link.cut(),
        pytest.raises(OperationalError, match="did not answer in time"),
        statements_within(0.2),
    ):
        value(connection, "SELECT 1")
    connection.close()
    assert answers_again(connection)


def test_of_two_servers_the_silent_one_is_left_for_the_other(server: Server, database: Connect) -> None:
    parts = urlsplit(server.url)
    other = Link(("127.0.0.1", parts.port or 0), at=("127.0.0.2", server.link.port))
    connection = database(hosts="127.0.0.1,127.0.0.2")
    assert value(connection, "SELECT 1") == 1
    with closing(other), server.link.cut():
        assert is_refused(connection)
        connection.close()
        assert answers_again(connection)
        assert connection.connection.info.host == "127.0.0.2"
        connection.close()


def test_tok8_a_connection_to_a_server_that_another_has_taken_the_place_of_is_left(
    server: Server, database: Connect
) -> None:
    parts = urlsplit(server.url)
    other = Link(("127.0.0.1", parts.port or 0), at=("127.0.0.2", server.link.port))
    connection: Any = database(hosts="127.0.0.1,127.0.0.2")
    with closing(other), closing(connection.copy()) as new:
        for _number in range(2):
            connection.close_if_unusable_or_obsolete()
            assert value(connection, "SELECT 1") == 1
        first = connection.connection.info.host
        connection.places._first += 1
        assert value(new, "SELECT 1") == 1
        assert new.connection.info.host != first
        connection.close_if_unusable_or_obsolete()
        assert connection.connection is None


def test_nobody_connects_whose_patience_has_ended(server: Server, database: Connect) -> None:
    connection, before = database(), server.link.opened
    with pytest.raises(OperationalError):
        with_deadline(0, connection.ensure_connection)
    assert server.link.opened == before


def test_a_server_that_refuses_is_no_silent_server(server: Server, database: Connect) -> None:
    connection = database(user="nobody")
    for _number in range(3):
        with pytest.raises(OperationalError, match='role "nobody" does not exist'):
            connection.ensure_connection()


def test_behind_a_cut_link_one_thread_tries_for_all(server: Server, database: Connect) -> None:
    connection = database()
    connection.ensure_connection()

    def try_once(_number: int) -> bool:
        with closing(connections[ALIAS]) as own:
            return is_refused(own)

    with server.link.cut():
        assert is_refused(connection)
        connection.close()
        # That was found out a moment ago.
        opened = server.link.opened
        assert is_refused(connection)
        assert server.link.opened == opened
        sleep(1.1)
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(try_once, range(8)))
        assert server.link.opened == opened + 1
    assert answers_again(connection)
    assert not is_refused(connection)


# --- Migrating -------------------------------------------------------------------------------------------------------


def test_run7_the_second_who_migrates_tells_that_it_waits(database: Connect) -> None:
    first, second, told = database(), database(), []
    with first.migrating(lambda: None):  # type: ignore[attr-defined] # of this backend
        pass
    first.set_autocommit(autocommit=False)
    with first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATING])

    def waits() -> None:
        told.append("it waits")
        first.close()

    with second.migrating(waits):  # type: ignore[attr-defined] # as above
        assert told == ["it waits"]
