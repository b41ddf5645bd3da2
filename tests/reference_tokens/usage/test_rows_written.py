"""TOK-13: how much a batch writes: one row for each token, in portions that succeed or fail alone."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from reference_tokens.models import AnswerCount, DailyUse, ReferenceToken
from reference_tokens.usage import batch, store
from reference_tokens.usage.history import daily_counts
from reference_tokens.usage.recorder import UsageRecorder
from tests.factories import issued_pat
from tests.introspection import Statements
from tests.reference_tokens.usage.uses import DAY, NOON, SECOND, days_of, fail, note, note_refusal, note_use, process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 7])
def test_t16_a_portion_of_tokens_costs_three_statements_however_many_it_has(
    alice: User, application: TrustedApplication, quiet: UsageRecorder, number: int
) -> None:
    tokens = [issued_pat(alice, application).token for _ in range(number)]
    for at in (NOON, NOON + SECOND):
        for token in tokens:
            note(quiet, token, at)
        with Statements() as statements:
            assert quiet.flush() == number
    assert statements.about_tokens == []
    assert len(statements.about_uses) == 3
    assert len([sql for sql in statements.sql if "answercount" in sql]) == 1


def rows_written() -> int:
    """How many rows this session has written since it began (SQLite), or this transaction (PostgreSQL)."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return int(cursor.execute("SELECT total_changes()").fetchone()[0])
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])


def test_a_token_that_is_used_all_day_costs_one_row_for_each_flush(
    alice: User, application: TrustedApplication, quiet: UsageRecorder
) -> None:
    tokens = [issued_pat(alice, application).token for _ in range(4)]
    for hour in range(3):
        for token in tokens:
            note(quiet, token, NOON + hour * 3600 * SECOND, f"192.0.2.{hour}")
            note_refusal(quiet, token.pk, NOON)
        before = rows_written()
        quiet.flush()
        # By Resource Server and outcome, and by door, outcome and time.
        answers = 4
        # The first use makes the row, and marks the token's own.
        each = 1 if hour else 3
        assert rows_written() - before == each * len(tokens) + answers


def test_a_day_that_is_over_is_written_once_for_each_token(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for at in (NOON, NOON + SECOND, NOON + DAY, NOON + DAY + SECOND):
        note(quiet, token, at)
        note_refusal(quiet, token.pk, at)
        quiet.flush()
    assert days_of(token) == {NOON.date(): (2, 2), (NOON + DAY).date(): (2, 2)}
    assert list(DailyUse.objects.values_list("day", "accepted", "refused")) == [(NOON.date(), 2, 2)]


def test_a_process_that_writes_of_yesterday_after_another_wrote_of_today_adds_to_yesterday(
    token: ReferenceToken, quiet: UsageRecorder
) -> None:
    late = process()
    for noting, at in ((quiet, NOON), (quiet, NOON + DAY), (late, NOON + SECOND), (late, NOON + SECOND)):
        note(noting, token, at)
        noting.flush()
    assert days_of(token) == {NOON.date(): (3, 0), (NOON + DAY).date(): (1, 0)}
    assert token.last_used_at == NOON + DAY


def test_a_page_that_read_the_token_before_its_day_was_over_counts_nothing_twice(
    token: ReferenceToken, quiet: UsageRecorder
) -> None:
    note(quiet, token, NOON)
    quiet.flush()
    token.refresh_from_db()
    note(quiet, token, NOON + DAY)
    quiet.flush()
    assert [count.accepted for count in daily_counts([token], NOON + DAY, 2)[token.pk]] == [1, 1]


def test_both_days_of_a_batch_across_midnight_are_counted(token: ReferenceToken, quiet: UsageRecorder) -> None:
    for at in (NOON + DAY, NOON):
        note(quiet, token, at)
    assert quiet.flush() == 2
    assert days_of(token) == {NOON.date(): (1, 0), (NOON + DAY).date(): (1, 0)}
    assert token.last_used_at == NOON + DAY


@pytest.mark.django_db(transaction=True)
def test_after_a_portion_that_fails_exactly_the_rest_is_written_later(
    alice: User, application: TrustedApplication, server: Any, quiet: UsageRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TOKENS_AT_ONCE", 2)
    tokens = [issued_pat(alice, application).token for _ in range(5)]
    updates = 0

    def fail_at_the_second_portion(execute: Any, sql: str, *args: Any) -> Any:
        nonlocal updates
        updates += sql.startswith("UPDATE") and "reference_tokens_tokenuse" in sql
        if updates == 2:
            raise OperationalError("database is locked")
        return execute(sql, *args)

    for token in tokens:
        quiet.note("active", at=NOON, client_id=server.client_id, token_id=token.pk, source=(server.pk, None))
    with connection.execute_wrapper(fail_at_the_second_portion), pytest.raises(OperationalError):
        quiet.flush()
    stored = [bool(days_of(token)) for token in tokens]
    assert stored.count(True) == 2
    assert not AnswerCount.objects.exists()
    note(quiet, tokens[0], NOON)
    quiet.flush()
    assert [days_of(token)[NOON.date()] for token in tokens] == [(2, 0), *[(1, 0)] * 4]
    assert AnswerCount.objects.get(client_id=server.client_id).count == 5
    assert quiet.flush() == 0


@pytest.mark.django_db(transaction=True)
def test_uses_for_which_there_is_no_room_are_told_in_the_log(
    token: ReferenceToken, quiet: UsageRecorder, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(batch, "MOST_TOKENS", 1)
    note(quiet, token, NOON)
    for _ in range(3):
        note_use(quiet, uuid.uuid4())
    with connection.execute_wrapper(fail):
        quiet.stop()
    assert "3 uses and refusals are lost: too many tokens wait to be written" in log_lines[-1]
    quiet.stop()
    assert days_of(token) == {NOON.date(): (1, 0)}
