"""What tokens are found by: parts of their texts and their scopes, which triggers keep in step with the tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.text.case_folding import folded
from reference_tokens.lists.finding.conditions import filtered_tokens
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.states import ListState
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.models import (
    IssuedScope,
    ReferenceToken,
    ReferenceTokenQuerySet,
    TokenScopes,
    TokenText,
    outside_policy,
    search_tables,
)
from reference_tokens.models.search import scope_of
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted
from tests.factories import ApplicationFactory, alter, issued_pat, made_applications
from tests.introspection import plan
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

# Some of each sort that a query of FTS5, a pattern or Unicode gives a meaning; what both databases fold alike.
LETTERS = st.text("abCéÉßΣς…1 \"'%_\\*^:-+()日本", max_size=8)


def texts(tokens: ReferenceTokenQuerySet) -> set[str]:
    return set(tokens.values_list("description", flat=True))


def found(**lookups: object) -> set[str]:
    return texts(ReferenceToken.objects.filter(**lookups))


def drop_trigger() -> None:
    on = f" ON {search_tables.TOKENS}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {search_tables.NAMES['trigger']}{on}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=4, unique=True), LETTERS)
@example(["a%b", "axb", "a_b"], "a%b")
@example(['say "hi" now', "hi"], '"hi" OR')
@example(["Straße nach Süden", "x"], "STRASSE SÜ")
@example(["\u00c9cole", "x"], "e\u0301CO")
def test_tokens_are_found_by_every_word_that_stands_in_their_description(
    alice: User, application: TrustedApplication, descriptions: list[str], words: str
) -> None:
    assume(words.split())
    ReferenceToken.objects.all().delete()
    # No word names these.
    made_applications().update(name="~", application_uri="0", system_user=None)
    User.objects.filter(kind="PERSON").update(name="~", username="0")
    for description in descriptions:
        alter(issued_pat(alice, application).token, description=description, hint="enrt_")
    expected = {
        text
        for text in texts(ReferenceToken.objects.all())
        if all(str(folded(word)) in str(folded(f"{text} enrt_")) for word in words.split())
    }
    filters, now = TokenFilters(q=words), timezone.now()
    ways = ways_to(ReferenceToken.objects.all(), filters, now)
    assert set.union(*map(texts, ways.found)) == expected
    assert texts(ways.walked) == expected
    assert texts(filtered_tokens(ReferenceToken.objects.all(), filters, now)) == expected


def test_a_token_of_another_application_or_with_a_longer_scope_is_not_found_by_a_scope(alice: User) -> None:
    one, other = ApplicationFactory.create(scopes=("read", "update")), ApplicationFactory.create(scopes=("read",))
    issued_pat(alice, one, description="both", scopes=["read", "update"])
    issued_pat(alice, other, description="other")
    alter(issued_pat(alice, one, description="longer").token, scopes="read-all")
    assert found(search_scopes__terms__hold=["read"]) == {"both", "other"}
    assert found(search_scopes__terms__hold=[scope_of(one.pk, "read")]) == {"both"}
    assert found(search_scopes__terms__hold=[scope_of(one.pk, "update"), "read-all"]) == {"both", "longer"}
    assert found(search_scopes__terms__hold=["update", "read-all", *map(str, range(200))]) == {"both", "longer"}
    assert set(IssuedScope.objects.values_list("application", "scope")) == {
        (one.pk, "read"), (one.pk, "update"), (one.pk, "read-all"), (other.pk, "read"),
    }  # fmt: skip


def test_the_texts_of_a_token_tell_whose_it_is_and_of_which_application(
    alice: User, bob: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    other = ApplicationFactory.create()
    told = TokenText.objects.filter(pk=token.pk).values_list("application", "holder")
    assert told.get() == (application.pk, alice.pk)
    alter(token, application=other, holder=bob)
    assert told.get() == (other.pk, bob.pk)


def test_a_migration_makes_anew_what_was_lost_and_nothing_else(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application, description="before")
    drop_trigger()
    issued_pat(alice, application, description="meanwhile", scopes=["update"])
    assert found(search_text__text__holds="e") == {"before"}
    for _again in range(2):
        search_tables.keep_search("default")
        assert found(search_text__text__holds="e") == {"before", "meanwhile"}
        assert found(search_scopes__terms__hold=["update"]) == {"meanwhile"}
    issued_pat(alice, application, description="after")
    assert found(search_text__text__holds="after") == {"after"}


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_issued_while_a_migration_runs_is_found(alice: User, application: TrustedApplication) -> None:
    drop_trigger()
    with threads() as start:
        with uncommitted(start, lambda: issued_pat(alice, application, description="meanwhile", scopes=["update"])):
            migration = start(lambda: search_tables.keep_search("default"))
            assert is_waiting(migration)
        migration.result(PATIENCE)
    assert found(search_text__text__holds="mean") == {"meanwhile"}
    assert found(search_scopes__terms__hold=["update"]) == {"meanwhile"}
    assert IssuedScope.objects.filter(scope="update").exists()


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_broke_off_is_made_up_for(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_trigger()
    issued_pat(alice, application, description="before")
    scripts = list(search_tables.SCRIPTS[connection.vendor])
    scripts[0 if connection.vendor == "sqlite" else 1] += "SELECT broken_off"
    with monkeypatch.context() as patch:
        patch.setitem(search_tables.SCRIPTS, connection.vendor, scripts)
        with pytest.raises(DatabaseError):
            search_tables.keep_search("default")
    search_tables.keep_search("default")
    assert found(search_text__text__holds="before") == {"before"}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_migration_and_somebody_who_issues_a_token_never_wait_for_each_other(
    alice: User, application: TrustedApplication
) -> None:
    drop_trigger()
    issued_pat(alice, application, description="before", scopes=["update"])
    with threads() as start:
        issuing = []

        def issue_before_the_index(execute: Any, sql: str, *args: Any) -> Any:
            if sql.startswith(f"CREATE INDEX {search_tables.NAMES['scopes']}"):
                issuing.append(
                    start(lambda: issued_pat(alice, application, description="meanwhile", scopes=["update"]))
                )
                is_waiting(issuing[0])
            return execute(sql, *args)

        with connection.execute_wrapper(issue_before_the_index):
            search_tables.keep_search("default")
        issuing[0].result(PATIENCE)
    assert found(search_scopes__terms__hold=["update"]) == {"before", "meanwhile"}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a file of SQLite has one instance")
def test_an_instance_in_another_schema_does_not_stand_in_the_way(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application, description="nightly")
    trigger, tokens = search_tables.NAMES["trigger"], search_tables.TOKENS
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA another")
        cursor.execute(f"CREATE TABLE another.{tokens} (description text)")
        cursor.execute("CREATE FUNCTION another.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        cursor.execute(
            f"CREATE TRIGGER {trigger} AFTER INSERT ON another.{tokens} FOR EACH ROW EXECUTE FUNCTION another.nothing()"
        )
    drop_trigger()
    search_tables.keep_search("default")
    issued_pat(alice, application, description="nightly again")
    assert found(search_text__text__holds="night") == {"nightly", "nightly again"}


def test_a_search_needs_no_extension_and_the_log_says_that_it_is_missing(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search_tables, "POSTGRESQL_LETTERS", "CREATE EXTENSION none_of_this_name")
    issued_pat(alice, application, description="nightly")
    search_tables.keep_search("default")
    assert found(search_text__text__holds="GHT") == {"nightly"}
    assert ("none_of_this_name" in caplog.text) == (connection.vendor == "postgresql")


def test_nothing_is_made_before_the_tables_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(search_tables.NAMES, "issued", "not_made_yet")
    monkeypatch.delattr(search_tables, "run")
    search_tables.keep_search("default")


def test_words_are_found_by_an_index_of_letters(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application, description="nightly")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # with one row it would not bother
    steps = TokenText.objects.filter(text__holds="night Dépôt").explain()
    assert re.search("Bitmap Index Scan on .*_letters|VIRTUAL TABLE INDEX 0:M", steps)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="its index of terms is always sorted")
def test_little_waits_to_be_sorted_into_the_index_of_scopes() -> None:
    names = search_tables.NAMES
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {names['scopes']} SELECT gen_random_uuid(), ARRAY[n::text, md5(n::text)]"
            " FROM generate_series(1, 4000) AS n"
        )
        cursor.execute(f"SELECT gin_clean_pending_list('{names['scopes']}_terms')")
        [[pages]] = cursor.fetchall()
    assert pages <= 16


FILTERS = [
    TokenFilters(kind="SAT"),
    TokenFilters(owner="alice"),
    TokenFilters(scope="update"),
    TokenFilters(q="night"),
    TokenFilters(state=ListState.OUTSIDE_POLICY),
    TokenFilters(state=ListState.OUTSIDE_POLICY, scope="update", q="night"),
]


@pytest.mark.parametrize("filters", FILTERS)
def test_what_narrows_a_list_is_found_without_reading_every_token(
    alice: User, application: TrustedApplication, filters: TokenFilters
) -> None:
    issued_pat(alice, application, description="nightly", scopes=["update"])
    TrustedApplication.objects.update(scopes="read")
    for tokens in ways_to(ReferenceToken.objects.all(), filters, timezone.now()).found:
        steps = plan(tokens.values("pk")[:10])
        assert "SCAN reference_tokens_referencetoken" not in steps.replace(
            "SCAN reference_tokens_referencetoken USING", ""
        )
        assert "Seq Scan on reference_tokens_referencetoken" not in steps


@pytest.mark.parametrize("rules", [0, 100])
def test_both_ways_lead_to_the_tokens_outside_policy_by_any_number_of_rules(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, rules: int
) -> None:
    monkeypatch.setattr(outside_policy, "RULES_AT_MOST", rules)
    now = timezone.now()
    issued_pat(alice, application, description="inside")
    issued_pat(alice, application, description="scope", scopes=["read", "update"])
    alter(issued_pat(alice, application, description="long").token, expires_at=now + timedelta(days=90))
    alter(issued_pat(alice, application, description="for ever").token, expires_at=None)
    TrustedApplication.objects.update(scopes="read", max_lifetime_days=60)
    ways = ways_to(ReferenceToken.objects.all(), TokenFilters(state=ListState.OUTSIDE_POLICY), now)
    expected = {"scope", "long", "for ever"}
    assert set.union(*map(texts, ways.found)) == texts(ways.walked) == expected


@pytest.mark.parametrize("row", [TokenText(text="read"), TokenScopes(terms="read"), IssuedScope(scope="read")])
def test_a_row_for_searches_is_told_by_what_it_holds(row: object) -> None:
    assert str(row) == "read"
