"""TOK-16: what is stored of refusals: one row a minute for each pair, in few statements, by several processes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from reference_tokens.models import Door, ReferenceToken, RefusalCount
from reference_tokens.usage import noted_refusals, store_refusals
from reference_tokens.usage.noted_refusals import Refused
from reference_tokens.usage.recorder import UsageRecorder
from tests.concurrency import outcomes, threads
from tests.factories import issued_pat
from tests.introspection import Statements
from tests.reference_tokens.usage.uses import NOON, SECOND, fail, process
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

MINUTE = 60 * SECOND


def refuse(  # a test names what matters to it
    noting: UsageRecorder,
    token: ReferenceToken | None,
    server: Any = None,
    at: datetime = NOON,
    reason: str = "expired",
    address: str | None = None,
) -> None:
    token_id, server_id = token.pk if token else None, server.pk if server else None
    noting.note_refusal(Refused(reason, Door.FORWARD_AUTH, token_id, server_id, address), at)


def rows() -> list[tuple[str, int]]:
    return list(RefusalCount.objects.order_by("minute", "reason").values_list("reason", "count"))


def test_a_row_holds_what_there_is_to_read(token: ReferenceToken, server: Any, quiet: UsageRecorder) -> None:
    for second, address in enumerate(["192.0.2.1", "2001:db8::1"]):
        refuse(quiet, token, server, NOON + second * SECOND, address=address)
    assert not RefusalCount.objects.exists()
    quiet.flush()
    row = RefusalCount.objects.get()
    assert (row.token_id, row.application_id, row.server_id) == (token.pk, token.application_id, server.pk)
    assert (row.minute, row.first_at, row.last_at, row.count) == (NOON, NOON, NOON + SECOND, 2)
    assert (row.reason, row.door, row.address) == ("expired", "forward_auth", "2001:db8::1")
    assert str(token.pk) in str(row)


@pytest.mark.parametrize(("has_token", "has_server"), [(True, True), (True, False), (False, True)])
def test_batches_of_a_minute_add_up_in_its_row(
    token: ReferenceToken, server: Any, has_token: bool, has_server: bool
) -> None:
    asked = (token if has_token else None, server if has_server else None)
    for second in (5, 8, 3):
        made = process()
        for _ in range(2):
            refuse(made, *asked, NOON + second * SECOND, address=f"192.0.2.{second}")
        made.flush()
    row = RefusalCount.objects.get()
    assert (row.count, row.first_at, row.last_at) == (6, NOON + 3 * SECOND, NOON + 8 * SECOND)
    assert row.address == "192.0.2.8"


def test_another_minute_and_another_server_are_other_rows(
    token: ReferenceToken, server: Any, quiet: UsageRecorder
) -> None:
    for at in (NOON, NOON + MINUTE):
        refuse(quiet, token, server, at)
        refuse(quiet, token, None, at)
        quiet.flush()
    assert [count for _reason, count in rows()] == [1] * 4


def test_what_is_no_token_is_a_row_for_each_reason_of_a_server(server: Any, quiet: UsageRecorder) -> None:
    for reason in ("unknown", "malformed", "unknown"):
        refuse(quiet, None, server, reason=reason)
        quiet.flush()
    assert rows() == [("malformed", 1), ("unknown", 2)]


def test_what_is_neither_of_a_token_nor_of_a_server_is_not_stored(quiet: UsageRecorder) -> None:
    refuse(quiet, None, None, reason="unknown")
    quiet.flush()
    assert rows() == []
    with Statements() as statements:
        quiet.flush()
    assert statements.sql == []


def test_a_token_and_a_server_that_are_gone_hold_up_nothing(
    token: ReferenceToken, server: Any, quiet: UsageRecorder
) -> None:
    gone = uuid.uuid4()
    quiet.note_refusal(Refused("expired", Door.FORWARD_AUTH, gone, server.pk, None), NOON)
    quiet.note_refusal(Refused("expired", Door.FORWARD_AUTH, token.pk, server.pk + 1, None), NOON)
    refuse(quiet, token, server, reason="revoked")
    quiet.flush()
    assert rows() == [("revoked", 1)]


@pytest.mark.parametrize("number", [1, 9])
def test_t16_a_portion_costs_three_statements_however_many_rows_it_has(
    alice: User, application: TrustedApplication, server: Any, quiet: UsageRecorder, number: int
) -> None:
    for _ in range(number):
        refuse(quiet, issued_pat(alice, application).token, server)
    with Statements() as statements:
        quiet.flush()
    verbs = [verb for verb in statements.verbs if verb in {"SELECT", "INSERT"}]
    assert verbs == ["SELECT", "SELECT", "INSERT"]
    assert len(rows()) == number


def test_others_may_write_between_two_portions(
    alice: User, application: TrustedApplication, quiet: UsageRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_refusals, "ROWS_AT_ONCE", 2)
    written: list[int] = []
    monkeypatch.setattr(store_refusals, "let_others_write", lambda: written.append(len(rows())))
    for _ in range(5):
        refuse(quiet, issued_pat(alice, application).token)
    quiet.flush()
    assert written == [2, 4]


@pytest.mark.django_db(transaction=True)
def test_after_a_portion_that_fails_exactly_the_rest_is_written_later(
    alice: User, application: TrustedApplication, quiet: UsageRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_refusals, "ROWS_AT_ONCE", 2)
    tokens = [issued_pat(alice, application).token for _ in range(5)]
    inserts = 0

    def fail_at_the_second_portion(execute: Any, sql: str, *args: Any) -> Any:
        nonlocal inserts
        inserts += sql.startswith("INSERT")
        return fail() if inserts == 2 else execute(sql, *args)

    for token in tokens:
        refuse(quiet, token)
    with connection.execute_wrapper(fail_at_the_second_portion), pytest.raises(OperationalError):
        quiet.flush()
    assert len(rows()) == 2
    for token in tokens:
        refuse(quiet, token)
    quiet.flush()
    assert [count for _reason, count in rows()] == [2] * 5


@pytest.mark.django_db(transaction=True)
def test_tok13_a_clean_stop_writes_what_is_noted(token: ReferenceToken, quiet: UsageRecorder) -> None:
    refuse(quiet, token)
    quiet.stop()
    assert rows() == [("expired", 1)]


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_the_same_moment_lose_nothing(
    alice: User, application: TrustedApplication, server: Any
) -> None:
    tokens = [issued_pat(alice, application).token for _ in range(3)]
    processes = [process() for _ in range(4)]
    for number, made in enumerate(processes):
        for token in tokens if number % 2 else tokens[::-1]:
            for asking in (server, None):
                refuse(made, token, asking, NOON + number * SECOND)
        refuse(made, None, server, reason="unknown")
    with threads() as start:
        outcomes(start, *(made.flush for made in processes))
    assert [count for _reason, count in rows()] == [4] * 7
    assert set(RefusalCount.objects.filter(reason="expired").values_list("last_at", flat=True)) == {NOON + 3 * SECOND}


def test_refusals_for_which_there_is_no_room_are_told_in_the_log_though_all_is_written(
    token: ReferenceToken, quiet: UsageRecorder, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(noted_refusals, "MOST_REFUSALS", 1)
    refuse(quiet, token)
    for number in range(3):
        refuse(quiet, token, at=NOON + MINUTE, reason=str(number))
    quiet.flush()
    assert rows() == [("expired", 1)]
    assert "3 refusals are in no list: too many tokens were refused" in log_lines[-1]
    told = len(log_lines)
    refuse(quiet, token)
    quiet.flush()
    assert len(log_lines) == told
