"""What is prepared within a transaction, which a session that has lost a statement would break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, transaction

from tests.tokens_project.linked_postgresql import ALIAS, Connect, Server, value
from tests.tokens_project.things import alter, end_sessions, forget, number_prepared, number_written, rows, write

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("things")]


def test_in_a_transaction_nothing_is_prepared_that_could_break_it(database: Connect) -> None:
    connection = database()
    with transaction.atomic(using=ALIAS):
        assert value(connection, "SELECT 1") == 1
        assert rows(connection) == [("bee", 2)]
        assert number_prepared(connection) == 0


@pytest.mark.parametrize("lose", [forget, alter])
def test_a_transaction_begins_with_a_prepared_statement_and_begins_again_without(
    server: Server, database: Connect, caplog: pytest.LogCaptureFixture, lose: Callable[[Server, Any], None]
) -> None:
    connection = database()
    for _number in range(2):
        with transaction.atomic(using=ALIAS):
            assert rows(connection) == [("bee", 2)]
    assert number_prepared(connection) == 1
    lose(server, connection)
    for number in range(2):
        with transaction.atomic(using=ALIAS):
            assert rows(connection) == [("bee", 2)]
            write(connection, number)
    assert number_written(connection) == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_in_a_transaction_a_statement_is_prepared_whose_answer_keeps_its_form(
    server: Server, database: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = database()
    for number in range(8):
        with transaction.atomic(using=ALIAS):
            write(connection, number)
    assert value(connection, "SELECT array_agg(generic_plans) FROM pg_prepared_statements") == [3]
    alter(server, connection)
    with transaction.atomic(using=ALIAS):
        write(connection, 8)
    assert number_written(connection) == 9
    assert not caplog.records


def test_a_prepared_statement_at_the_begin_of_a_transaction_is_undone_with_it(database: Connect) -> None:
    connection = database()
    for number in range(2):
        with transaction.atomic(using=ALIAS):
            write(connection, number)
            transaction.set_rollback(True, using=ALIAS)
    assert number_written(connection) == 0


def test_a_session_that_lost_its_statements_breaks_one_transaction_and_no_other(
    server: Server, database: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = database()

    @transaction.atomic(using=ALIAS)
    def act() -> None:
        assert value(connection, "SELECT 1") == 1
        write(connection, 3)

    act()
    forget(server, connection)
    with pytest.raises(DatabaseError):
        act()
    act()
    assert number_written(connection) == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_behind_a_pooler_nothing_is_prepared_in_a_transaction_though_database_url_says_so(
    database: Connect, pooled: str
) -> None:
    connection: Any = database("prepared_statements=on", through=pooled)
    for number in range(8):
        with transaction.atomic(using=ALIAS):
            write(connection, number)
            assert number_prepared(connection) == 0
    assert number_written(connection) == 8


def test_in_a_transaction_a_lost_connection_is_an_error(server: Server, database: Connect) -> None:
    connection = database()

    @transaction.atomic(using=ALIAS)
    def lose_it() -> None:
        rows(connection)
        end_sessions(server)
        rows(connection)

    with pytest.raises(OperationalError):
        lose_it()
    assert rows(connection) == [("bee", 2)]
