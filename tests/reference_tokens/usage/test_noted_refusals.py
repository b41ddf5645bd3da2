"""TOK-16: the refusals that one process holds until they are written: no more than it has room for."""

from __future__ import annotations

import uuid

import pytest

from reference_tokens.models import Door
from reference_tokens.usage import noted_refusals
from reference_tokens.usage.noted_refusals import NotedRefusals, Refused
from tests.reference_tokens.usage.uses import NOON, SECOND

pytestmark = pytest.mark.once

TOKEN = uuid.uuid4()


def refused(token_id: uuid.UUID | None = TOKEN, reason: str = "expired", server_id: int | None = 1) -> Refused:
    return Refused(reason, Door.INTROSPECTION, token_id, server_id, None)


def test_refusals_of_a_token_are_one_row_a_minute_for_each_resource_server() -> None:
    noting = NotedRefusals()
    for second in range(120):
        noting.note(refused(), NOON + second * SECOND)
        noting.note(refused(server_id=2), NOON + second * SECOND)
    assert [each.count for each in noting.rows.values()] == [60] * 4


def test_the_reason_of_a_row_is_that_of_the_last_time() -> None:
    noting = NotedRefusals()
    for second, reason in enumerate(("suspended", "revoked")):
        noting.note(refused(reason=reason), NOON + second * SECOND)
    (row,) = noting.rows.values()
    assert (row.last.reason, row.count, row.first_at, row.last_at) == ("revoked", 2, NOON, NOON + SECOND)


def test_refusals_of_two_requests_may_be_noted_in_any_order() -> None:
    noting = NotedRefusals()
    for second, reason in ((1, "revoked"), (0, "suspended")):
        noting.note(refused(reason=reason), NOON + second * SECOND)
    (row,) = noting.rows.values()
    assert (row.last.reason, row.first_at, row.last_at) == ("revoked", NOON, NOON + SECOND)


def test_what_is_no_stored_token_is_one_row_a_minute_for_each_reason() -> None:
    noting = NotedRefusals()
    for _ in range(1000):
        noting.note(refused(None, "unknown"), NOON)
        noting.note(refused(None, "malformed"), NOON)
    assert {key.reason: row.count for key, row in noting.rows.items()} == {"malformed": 1000, "unknown": 1000}


def test_there_is_room_for_so_many_rows_and_those_count_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted_refusals, "MOST_REFUSALS", 2)
    noting = NotedRefusals()
    for _ in range(2):
        for number in range(5):
            noting.note(refused(server_id=number), NOON)
    assert [row.count for row in noting.rows.values()] == [2, 2]
    assert noting.left_out == 6
    kept = NotedRefusals()
    kept.note(refused(server_id=7), NOON)
    kept.add(noting)
    assert [row.count for row in kept.rows.values()] == [1, 2]
    assert kept.left_out == 8


def test_what_was_kept_and_what_was_noted_meanwhile_add_up() -> None:
    kept, later = NotedRefusals(), NotedRefusals()
    kept.note(refused(), NOON + SECOND)
    for at in (NOON, NOON + 60 * SECOND):
        later.note(refused(), at)
    kept.add(later)
    assert [row.count for row in kept.rows.values()] == [2, 1]
    assert [row.last_at for row in kept.rows.values()] == [NOON + SECOND, NOON + 60 * SECOND]
