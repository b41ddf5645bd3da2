"""What earlier releases have stored is carried over, and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from reference_tokens.lists.finding.order import USED, runs
from reference_tokens.models import DailyUse, ReferenceToken
from reference_tokens.usage.history import daily_counts
from reference_tokens.usage.sources import sources_of
from tests.factories import alter, issued_pat, used_from
from trusted_apps.models import TrustedApplication

APP = "reference_tokens"
BEFORE = "0002_notices_in_the_outbox"
TEXTS_BY_HINT = "0017_texts_found_by_hint"
WITH_A_TABLE_OF_USES, WITH_USES_APART = "0009_table_of_uses", "0010_uses_carried_over"
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
TODAY = NOON.date()


def migrated(name: str | None = None) -> Any:
    """The apps as they are after a migration; after the last one of all where none is named."""
    executor = MigrationExecutor(connection)
    targets = [(APP, name)] if name else [node for node in executor.loader.graph.leaf_nodes() if node[0] == APP]
    return executor.migrate(targets).apps


@pytest.fixture
def tokens(alice: User, application: TrustedApplication) -> Iterator[list[ReferenceToken]]:
    """Three tokens; in the end the tables are those of today again, with what `migrate` lays last."""
    yield [issued_pat(alice, application).token for _ in range(3)]
    call_command("migrate", verbosity=0)


def counts_of(token: ReferenceToken) -> tuple[int, int]:
    token.refresh_from_db()
    today = daily_counts([token], NOON, 1)[token.pk][0]
    return today.accepted, today.refused


@pytest.mark.django_db(transaction=True)
def test_sources_and_counts_of_the_day_are_carried_over(tokens: list[ReferenceToken]) -> None:
    apps = migrated(BEFORE)
    earlier = apps.get_model(APP, "TokenSource")
    apps.get_model(APP, "ReferenceToken").objects.filter(pk__in=[token.pk for token in tokens[:2]]).update(
        last_used_at=NOON, last_used_address="2001:db8::1"
    )
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
    assert [token.last_used_at for token in tokens] == [NOON, NOON, None]
    assert [token.first_used_at for token in tokens] == [NOON, NOON, None]
    assert tokens[1].last_use
    assert tokens[1].last_use.source == "2001:db8::1"
    assert sources_of(tokens[0])[0].last_used_at == NOON + timedelta(seconds=11)
    alter(tokens[0], counted_on=TODAY, accepted_on_day=10, refused_on_day=2)
    assert counts_of(tokens[0]) == (13, 3)


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_since_is_carried_back(tokens: list[ReferenceToken]) -> None:
    used_from(tokens[0], {"10.1.2.3": NOON, "Billing": NOON - timedelta(days=1)})
    for token, accepted in zip(tokens[:2], (4, 5), strict=True):
        alter(token, counted_on=TODAY, accepted_on_day=accepted, refused_on_day=1)
    DailyUse.objects.create(token=tokens[1], day=TODAY, accepted=3, refused=1)
    apps = migrated(BEFORE)
    earlier = apps.get_model(APP, "TokenSource")
    used = apps.get_model(APP, "ReferenceToken").objects.exclude(last_used_at=None)
    assert list(used.values_list("pk", "last_used_at")) == [(tokens[0].pk, NOON)]
    assert set(earlier.objects.values_list("token_id", "name", "last_used_at")) == {
        (tokens[0].pk, "10.1.2.3", NOON),
        (tokens[0].pk, "Billing", NOON - timedelta(days=1)),
    }
    assert set(DailyUse.objects.values_list("token_id", "accepted", "refused")) == {
        (tokens[0].pk, 4, 1),
        (tokens[1].pk, 8, 2),
    }


@pytest.mark.django_db(transaction=True)
def test_a_first_use_that_the_version_before_stores_meanwhile_is_a_last_use_too(tokens: list[ReferenceToken]) -> None:
    alter(tokens[1], counted_on=TODAY, accepted_on_day=0, refused_on_day=1)
    used_from(tokens[2], {"10.1.2.3": NOON})
    earlier = migrated(WITH_USES_APART).get_model(APP, "ReferenceToken")
    earlier.objects.filter(pk__in=[token.pk for token in tokens]).update(last_used_at=NOON - timedelta(hours=1))
    migrated()
    (used, _unused) = runs(USED, NOON)
    listed = used.ordered(used.whole(ReferenceToken.objects.filter(pk__in=[token.pk for token in tokens])))
    assert [token.last_used_at for token in listed] == [NOON, *[NOON - timedelta(hours=1)] * 2]
    assert [len(sources_of(token)) for token in listed] == [1, 0, 0]
    assert counts_of(tokens[1]) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_what_the_version_before_stores_after_a_migration_broke_off_is_carried_over(
    tokens: list[ReferenceToken],
) -> None:
    apps, yesterday = migrated(WITH_A_TABLE_OF_USES), NOON - timedelta(days=1)
    earlier = apps.get_model(APP, "ReferenceToken").objects
    used = {"last_used_at": yesterday, "counted_on": yesterday.date(), "accepted_on_day": 9, "refused_on_day": 1}
    earlier.filter(pk__in=[token.pk for token in tokens[:2]]).update(**used)
    import_module(f"reference_tokens.migrations.{WITH_USES_APART}").into_rows_of_their_own(apps, None)
    later = {"last_used_at": NOON, "counted_on": TODAY, "accepted_on_day": 4, "refused_on_day": 0}
    earlier.filter(pk=tokens[0].pk).update(**later, recent_sources='{"10.1.2.3":1}')
    earlier.filter(pk=tokens[1].pk).update(refused_on_day=2)
    # And a process of the new version stored this one.
    apps.get_model(APP, "TokenUse").objects.create(
        token_id=tokens[2].pk, application_id=tokens[2].application_id, **later
    )
    earlier.filter(pk=tokens[2].pk).update(**used)
    migrated()
    assert [counts_of(token) for token in (tokens[0], tokens[2])] == [(4, 0), (4, 0)]
    assert [token.last_used_at for token in (tokens[0], tokens[2])] == [NOON, NOON]
    assert [source.name for source in sources_of(tokens[0])] == ["10.1.2.3"]
    assert daily_counts([tokens[1]], yesterday, 1)[tokens[1].pk][0].refused == 2


def triggers() -> list[str]:
    """What the database itself does when a token changes."""
    statements = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
        "postgresql": "SELECT prosrc FROM pg_proc WHERE proname = 'reference_tokens_keep_search'",
    }
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor])
        return [sql for (sql,) in cursor.fetchall()]


@pytest.mark.django_db
def test_the_triggers_of_an_instance_become_those_of_a_new_one(alice: User, application: TrustedApplication) -> None:
    def is_found(word: str) -> bool:
        return ReferenceToken.objects.filter(pk=token.pk, search_text__text__holds=word).exists()

    token, editor = issued_pat(alice, application).token, SimpleNamespace(connection=connection)
    migration, of_a_new_one = import_module(f"reference_tokens.migrations.{TEXTS_BY_HINT}"), triggers()
    migration.by_all_rows(None, editor)
    assert triggers() != of_a_new_one
    alter(token, description="By the triggers before")
    assert is_found("before")
    for _again in range(2):
        migration.by_hint(None, editor)
        assert triggers() == of_a_new_one
    alter(token, description="By those of today")
    assert (is_found("before"), is_found("today")) == (False, True)
