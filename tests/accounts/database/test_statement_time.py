"""How long the statements of a block may take in total, before the database stops the one that runs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import Error, OperationalError, connection, transaction

from accounts.database.statement_time import TakesTooLong, statement_time, statements_within
from accounts.models import User
from tests.slow_tables import COUNTS_TO_A_BILLION

pytestmark = pytest.mark.django_db(transaction=True)


def value(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def is_stopped(statement: str, seconds: float = 0.1) -> bool:
    try:
        with statements_within(seconds):
            value(statement)
    except TakesTooLong:
        return True
    return False


def test_a_statement_that_takes_too_long_is_stopped_and_the_next_one_runs() -> None:
    assert is_stopped(COUNTS_TO_A_BILLION)
    assert value("SELECT 1") == 1
    assert not is_stopped("SELECT 1")


def test_a_statement_without_a_limit_runs_on_after_one_that_was_stopped() -> None:
    assert is_stopped(COUNTS_TO_A_BILLION)
    assert value(COUNTS_TO_A_BILLION.replace("1000000000", "300000")) == 300_000


def test_what_was_done_before_in_the_transaction_is_undone(alice: User) -> None:
    def rename_all() -> None:
        with statements_within(0.1), transaction.atomic():
            User.objects.update(name="Somebody else")
            value(COUNTS_TO_A_BILLION)

    with pytest.raises(TakesTooLong):
        rename_all()
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_a_part_that_takes_too_long_leaves_time_for_the_rest() -> None:
    with statements_within(60):
        assert is_stopped(COUNTS_TO_A_BILLION)
        assert value("SELECT 1") == 1


def test_a_part_has_no_more_time_than_the_whole() -> None:
    with pytest.raises(TakesTooLong), statements_within(0.1), statements_within(60):
        value(COUNTS_TO_A_BILLION)


def test_parts_that_use_up_the_time_of_the_whole_leave_none() -> None:
    with statements_within(0.1):
        assert is_stopped(COUNTS_TO_A_BILLION, 60)
        assert is_stopped(COUNTS_TO_A_BILLION, 60)


def test_the_time_between_two_statements_does_not_count() -> None:
    with statements_within(1):
        time.sleep(1.1)
        assert value("SELECT 1") == 1
        with transaction.atomic():
            pass


def test_any_other_error_stays_what_it_is() -> None:
    with pytest.raises(Error, match="nothing_of_the_name"), statements_within(60):
        value("SELECT 1 FROM nothing_of_the_name")
    assert statement_time() is None


def test_a_block_whose_connection_was_closed_fails_with_its_own_error() -> None:
    def lose_the_connection() -> None:
        with transaction.atomic(), statements_within(60):
            connection.close()
            raise OperationalError("its own")

    with pytest.raises(OperationalError, match="its own"):
        lose_the_connection()
