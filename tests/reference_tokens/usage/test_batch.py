"""What one process holds until it is written: no more than it has room for."""

from __future__ import annotations

import uuid

import pytest

from reference_tokens.usage import batch
from reference_tokens.usage.batch import SOURCES_KEPT, Batch, Source, TokenUses
from tests.reference_tokens.usage.uses import NOON, SECOND

pytestmark = pytest.mark.once

DAY = NOON.date()
HERE: Source = (None, "192.0.2.1")


def note(noting: Batch, token_id: uuid.UUID, source: Source | None = HERE, seconds: int = 0) -> None:
    at = NOON + seconds * SECOND
    noting.note_token(noting.note_answer(DAY, "", "active", "introspection", 0.001, at), token_id, source, at)


def sources(number: int) -> list[Source]:
    return [(None, f"2001:db8::{each}") for each in range(number)]


def uses_in(noting: Batch, token_id: uuid.UUID) -> TokenUses:
    return noting.days[DAY].tokens[token_id]


def test_the_sources_of_a_token_are_few_and_the_last_used_ones() -> None:
    noting, token_id = Batch(), uuid.uuid4()
    for number, source in enumerate(sources(100)):
        note(noting, token_id, source, -number)
    uses = uses_in(noting, token_id)
    assert uses.accepted == 100
    assert len(uses.sources) <= 2 * SOURCES_KEPT
    assert [source for source, _at in uses.latest(SOURCES_KEPT)] == sources(SOURCES_KEPT)


def test_uses_of_tokens_that_there_is_no_room_for_are_counted_as_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "MOST_TOKENS", 2)
    noting, ids = Batch(), [uuid.uuid4() for _ in range(3)]
    for token_id in ids * 2:
        note(noting, token_id)
    note(noting, ids[2], None)
    assert [uses_in(noting, token_id).accepted for token_id in ids[:2]] == [2, 2]
    assert set(noting.days[DAY].tokens) == set(ids[:2])
    assert noting.left_out == 3
    assert noting.days[DAY].answers["", "active", "introspection"].counts == [0, 7, *[0] * 12]


def test_of_many_tokens_there_is_room_for_the_last_source_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_TOKENS_WITH_SOURCES", 0)
    noting, token_id = Batch(), uuid.uuid4()
    for number, source in enumerate(sources(9)):
        note(noting, token_id, source, number)
    assert uses_in(noting, token_id).latest(1)[0][0] == sources(9)[-1]
    assert len(uses_in(noting, token_id).sources) <= 2


def test_a_batch_that_was_kept_and_the_next_one_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_TOKENS", 2)
    kept, later, ids = Batch(), Batch(), [uuid.uuid4() for _ in range(3)]
    note(kept, ids[0])
    note(later, ids[0], None)
    note(later, ids[0], HERE, 5)
    note(later, ids[1])
    kept.add(later)
    uses = uses_in(kept, ids[0])
    assert (uses.accepted, uses.refused, uses.sources) == (2, 1, {HERE: NOON + 5 * SECOND})
    assert (kept.size, kept.left_out) == (2, 0)
    much = Batch()
    note(much, ids[2])
    kept.add(much)
    assert (kept.size, kept.left_out) == (2, 1)


def test_what_was_written_leaves_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_TOKENS", 1)
    noting, ids = Batch(), [uuid.uuid4() for _ in range(2)]
    note(noting, ids[0])
    noting.remove(DAY, ids[:1])
    note(noting, ids[1])
    assert set(noting.days[DAY].tokens) == {ids[1]}
