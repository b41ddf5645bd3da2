"""What is asked for every token: prepared by the server where it keeps that, and answered everywhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from time import sleep
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError

from tests.tokens_project.linked_postgresql import ALIAS, Connect, Server, value
from tests.tokens_project.things import alter, end_sessions, forget, number_prepared, rows
from tokens_project.postgresql.silence import silences

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("things")]

OTHER = "SELECT size FROM things WHERE name = %s"


def names(connection: Any) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


# --- Kept by the server ----------------------------------------------------------------------------------------------


def test_a_statement_that_runs_often_is_planned_no_more(database: Connect) -> None:
    connection = database()
    assert [rows(connection) for _number in range(8)] == [[("bee", 2)]] * 8
    assert value(connection, "SELECT array_agg(generic_plans) FROM pg_prepared_statements") == [3]


def test_only_what_runs_often_is_kept(database: Connect) -> None:
    connection = database()
    for _number in range(8):
        assert value(connection, "SELECT size FROM things WHERE name = 'bee'") == 2
    assert number_prepared(connection) == 0


def test_two_statements_never_have_the_same_name_in_any_session(database: Connect) -> None:
    connection: Any = database()
    rows(connection)
    of_one_session = names(connection)
    connection.close()
    connection.rows_of(OTHER, ["bee"])
    assert len(of_one_session | names(connection)) == 2


def test_an_unknown_statement_is_an_error_like_any_other(database: Connect) -> None:
    connection: Any = database()
    with pytest.raises(ProgrammingError):
        connection.rows_of("SELECT nothing FROM things", [])
    assert rows(connection) == [("bee", 2)]


@pytest.mark.parametrize(("query", "expected"), [("prepared_statements=on", 1), ("prepared_statements=off", 0)])
def test_database_url_decides_before_anything_is_found_out(database: Connect, query: str, expected: int) -> None:
    connection = database(query)
    assert rows(connection) == [("bee", 2)]
    assert number_prepared(connection) == expected


# --- Not kept --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lose", [forget, alter])
def test_what_the_session_no_longer_has_is_asked_without(
    server: Server, database: Connect, caplog: pytest.LogCaptureFixture, lose: Callable[[Server, Any], None]
) -> None:
    connection = database()
    assert rows(connection) == [("bee", 2)]
    lose(server, connection)
    assert [rows(connection), rows(connection)] == [[("bee", 2)]] * 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_new_column_changes_nothing(server: Server, database: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = database()
    rows(connection)
    server.execute("ALTER TABLE things ADD COLUMN colour text")
    assert rows(connection) == [("bee", 2)]
    assert number_prepared(connection) == 1
    assert not caplog.records


# --- A pooler --------------------------------------------------------------------------------------------------------


def test_behind_a_pooler_nothing_is_prepared(database: Connect, pooled: str) -> None:
    connection = database(through=pooled)
    assert [rows(connection) for _number in range(4)] == [[("bee", 2)]] * 4
    assert [number_prepared(connection) for _number in range(4)] == [0] * 4


def test_a_pooler_that_keeps_no_statements_though_database_url_says_so_has_the_right_answers(
    database: Connect, pooled: str
) -> None:
    connection: Any = database("prepared_statements=on", through=pooled)
    with closing(connection.copy()) as another:
        for _number in range(8):
            assert rows(connection) == [("bee", 2)]
            assert another.rows_of(OTHER, ["ant"]) == [(1,)]


# --- A connection that was lost --------------------------------------------------------------------------------------


def test_a_connection_is_not_asked_whether_it_lives(database: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = database()
    connection.ensure_connection()
    connection.close_if_unusable_or_obsolete()
    asked: list[str] = []
    monkeypatch.setattr(connection, "is_usable", lambda: asked.append("whether it lives"))
    assert rows(connection) == [("bee", 2)]
    assert value(connection, "SELECT 1") == 1
    assert not asked


def test_a_connection_that_the_server_has_closed_is_made_again(server: Server, database: Connect) -> None:
    connection = database()
    assert rows(connection) == [("bee", 2)]
    end_sessions(server)
    assert rows(connection) == [("bee", 2)]
    assert number_prepared(connection) == 1


def test_a_connection_that_was_given_up_is_made_again(database: Connect) -> None:
    connection = database()
    connection.ensure_connection()
    connection.connection.close()
    assert rows(connection) == [("bee", 2)]


def test_val4_a_connection_that_was_waited_for_and_then_lost_is_not_made_again(
    server: Server, database: Connect
) -> None:
    connection: Any = database()
    connection.ensure_connection()
    opened = server.link.opened
    with pytest.raises(OperationalError):
        connection.rows_of("SELECT pg_terminate_backend(pg_backend_pid()) FROM pg_sleep(1.3)", [])
    # The sign of life that was asked for.
    assert server.link.opened == opened + 1
    assert rows(connection) == [("bee", 2)]


def test_an_answer_ends_a_silence_for_those_who_have_no_connection(database: Connect) -> None:
    answered = database()
    rows(answered)
    silences[ALIAS].begin()
    assert rows(answered) == [("bee", 2)]
    with closing(answered.copy()) as new:
        assert rows(new) == [("bee", 2)]


def test_a_silent_server_is_not_asked_twice(server: Server, database: Connect) -> None:
    connection = database()
    rows(connection)
    with server.link.cut():
        opened = server.link.opened
        with pytest.raises(OperationalError, match="did not answer in time"):
            rows(connection)
        # The sign of life that was asked for.
        assert server.link.opened == opened + 1
        with pytest.raises(OperationalError, match="did not answer in time"):
            rows(connection)
        assert server.link.opened == opened + 1
    sleep(1.1)
    assert rows(connection) == [("bee", 2)]
