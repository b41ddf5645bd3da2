"""What earlier releases have stored is carried over, and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from reference_tokens.models import DailyUse, ReferenceToken
from reference_tokens.usage.history import daily_counts
from reference_tokens.usage.sources import sources_of
from tests.factories import alter, issued_pat, used_from
from trusted_apps.models import TrustedApplication

APP = "reference_tokens"
BEFORE = "0002_notices_in_the_outbox"
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
TODAY = NOON.date()


def migrated(name: str | None = None) -> Any:
    """The apps as they are after a migration; after the last one of all where none is named."""
    executor = MigrationExecutor(connection)
    targets = [(APP, name)] if name else [node for node in executor.loader.graph.leaf_nodes() if node[0] == APP]
    return executor.migrate(targets).apps


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> Iterator[list[ReferenceToken]]:
    """Three tokens; in the end the tables are those of today again."""
    yield [issued_pat(alice, application).token for _ in range(3)]
    migrated()


def counts_of(token: ReferenceToken) -> tuple[int, int]:
    token.refresh_from_db()
    today = daily_counts([token], NOON, 1)[token.pk][0]
    return today.accepted, today.refused


@pytest.mark.django_db(transaction=True)
def test_sources_and_counts_of_the_day_are_carried_over(tokens: list[ReferenceToken]) -> None:
    earlier = migrated(BEFORE).get_model(APP, "TokenSource")
    for number, token in enumerate(tokens[:2]):
        for name in ("2001:db8::1", "Bill \"it\" 'now' 100%")[: number + 1]:
            earlier.objects.create(token_id=token.pk, name=name, last_used_at=NOON + timedelta(seconds=len(name)))
    DailyUse.objects.create(token_id=tokens[0].pk, day=TODAY, accepted=3, refused=1)
    migrated()
    for token in tokens:
        token.refresh_from_db()
    assert [[source.name for source in sources_of(token)] for token in tokens] == [
        ["2001:db8::1"],
        ["Bill \"it\" 'now' 100%", "2001:db8::1"],
        [],
    ]
    assert sources_of(tokens[0])[0].last_used_at == NOON + timedelta(seconds=11)
    alter(tokens[0], counted_on=TODAY, accepted_on_day=10, refused_on_day=2)
    assert counts_of(tokens[0]) == (13, 3)


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_since_is_carried_back(tokens: list[ReferenceToken]) -> None:
    used_from(tokens[0], {"10.1.2.3": NOON, "Billing": NOON - timedelta(days=1)})
    for token, accepted in zip(tokens[:2], (4, 5), strict=True):
        alter(token, counted_on=TODAY, accepted_on_day=accepted, refused_on_day=1)
    DailyUse.objects.create(token=tokens[1], day=TODAY, accepted=3, refused=1)
    earlier = migrated(BEFORE).get_model(APP, "TokenSource")
    assert set(earlier.objects.values_list("token_id", "name", "last_used_at")) == {
        (tokens[0].pk, "10.1.2.3", NOON),
        (tokens[0].pk, "Billing", NOON - timedelta(days=1)),
    }
    assert set(DailyUse.objects.values_list("token_id", "accepted", "refused")) == {
        (tokens[0].pk, 4, 1),
        (tokens[1].pk, 8, 2),
    }
