"""The tables for searches as the release before has left them, in which a text tells nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from reference_tokens.models import ReferenceToken, TokenText, search_tables
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted, with_own_connection
from tests.factories import alter, issued_pat
from tests.reference_tokens.models.test_migrations import migrated
from trusted_apps.models import TrustedApplication

BEFORE = "0026_measured"
OLD_SHAPE = {
    "sqlite": """
DROP TRIGGER {trigger}
DROP TRIGGER {trigger}_again
DROP TABLE {texts}
CREATE VIRTUAL TABLE {texts} USING fts5
    (token_id UNINDEXED, text, tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0)
INSERT INTO {texts} (token_id, text) SELECT id, {token_text} FROM {tokens} AS token
CREATE TRIGGER {trigger} AFTER INSERT ON {tokens} BEGIN
    INSERT INTO {texts} (token_id, text) VALUES (new.id, {new_text});
    INSERT INTO {scopes} (rowid, token_id, terms) VALUES (last_insert_rowid(), new.id, {new_terms});
    END
""",
    "postgresql": """
ALTER TABLE {texts} DROP COLUMN application_id, DROP COLUMN holder_id
CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {texts} VALUES (new.id, {new_text});
        INSERT INTO {scopes} VALUES (new.id, {new_terms});
    END IF;
    RETURN NULL;
    END $$
CREATE OR REPLACE TRIGGER {trigger} AFTER INSERT OR UPDATE OF description, hint, scopes, application_id ON {tokens}
    FOR EACH ROW EXECUTE FUNCTION {trigger}()
""",
}
# What a server of the release before asks, to tell whether it is ready.
IS_READY_BEFORE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = '{trigger}'",
    "postgresql": "SELECT 1 FROM pg_trigger WHERE tgname = '{trigger}' AND tgrelid = '{tokens}'::regclass"
    " AND to_regclass('{scopes}_terms') IS NOT NULL",
}


@pytest.fixture
def old_shape(transactional_db: None) -> Iterator[None]:
    """The tables and triggers of the release before; in the end those of today again."""
    search_tables.run(OLD_SHAPE[connection.vendor], "default")
    yield
    call_command("migrate", verbosity=0)


def told() -> set[tuple[str, Any, Any]]:
    """What the texts tell, with the beginning of each."""
    rows = TokenText.objects.values_list("text", "application", "holder")
    return {(text[:6].lower(), application, holder) for text, application, holder in rows}


@contextmanager
def watched(answers: list[Any]) -> Iterator[None]:
    """After each statement of the block, what a server of the release before is answered on a connection of its own."""

    def ask() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(IS_READY_BEFORE[connection.vendor].format(**search_tables.NAMES))
            return cursor.fetchone()

    with ThreadPoolExecutor(1) as server:

        def ask_afterwards(execute: Any, *arguments: Any) -> Any:
            result = execute(*arguments)
            answers.append(server.submit(ask).result(PATIENCE))
            return result

        with connection.execute_wrapper(ask_afterwards):
            yield
        answers.append(server.submit(with_own_connection, ask).result(PATIENCE))


def test_tables_of_the_release_before_are_found_and_changed(
    old_shape: None, alice: User, bob: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(user, application, description=f"before {user}").token for user in (alice, bob)]
    assert not search_tables.keeps_search("default")
    for _again in range(2):
        search_tables.keep_search("default")
        assert search_tables.keeps_search("default")
        assert told() == {("before", application.pk, user.pk) for user in (alice, bob)}
    alter(tokens[0], description="renamed")
    issued_pat(alice, application, description="afterwards", scopes=["update"])
    named = {("before", bob), ("rename", alice), ("afterw", alice)}
    assert told() == {(name, application.pk, user.pk) for name, user in named}
    assert ReferenceToken.objects.get(search_scopes__terms__hold=["update"]).description == "afterwards"


def test_a_migration_takes_nothing_away_by_which_servers_of_the_release_before_are_ready(
    alice: User, application: TrustedApplication, old_shape: None
) -> None:
    migrated(BEFORE)
    issued_pat(alice, application, description="before")
    answers: list[Any] = []
    with watched(answers):
        call_command("migrate", verbosity=0)
    assert set(answers) == {(1,)}
    assert told() == {("before", application.pk, alice.pk)}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite makes the tables in one transaction")
def test_a_change_of_the_tables_that_broke_off_is_made_up_for(
    old_shape: None, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, application, description="before")
    with monkeypatch.context() as patch:
        patch.setattr(search_tables, "POSTGRESQL_PORTION", "SELECT broken_off")
        with pytest.raises(Exception, match="broken_off"):
            search_tables.keep_search("default")
    assert not search_tables.keeps_search("default")
    issued_pat(alice, application, description="meanwhile")
    search_tables.keep_search("default")
    assert told() == {(name, application.pk, alice.pk) for name in ("before", "meanwh")}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_token_of_an_old_server_that_is_issued_while_the_tables_change_is_told_of(
    old_shape: None, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = issued_pat(alice, application, description="deleted").token
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {search_tables.TOKENS} WHERE id = %s", [deleted.pk])
    # As written by the trigger before, and seen by no portion.
    monkeypatch.setattr(search_tables, "POSTGRESQL_PORTION", "UPDATE {texts} SET text = text WHERE false")
    with threads() as start:
        with uncommitted(start, lambda: issued_pat(alice, application, description="meanwhile")):
            migration = start(lambda: search_tables.keep_search("default"))
            assert is_waiting(migration)
        migration.result(PATIENCE)
    assert told() == {("meanwh", application.pk, alice.pk)}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no limit for a statement")
@pytest.mark.parametrize("are_old", [True, False])
@pytest.mark.django_db
def test_the_tables_are_made_however_long_it_takes(
    alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch, are_old: bool
) -> None:
    issued_pat(alice, application, description="before")
    search_tables.run(OLD_SHAPE[connection.vendor] if are_old else "DROP INDEX {scopes}_terms", "default")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'; SET LOCAL lock_timeout = '100ms'")
    for name in ("POSTGRESQL_FILLED", "POSTGRESQL_LETTERS"):
        monkeypatch.setattr(search_tables, name, f"{getattr(search_tables, name)}\nSELECT pg_sleep(0.2)")
    scripts = [f"{script}\nSELECT pg_sleep(0.2)" for script in search_tables.SCRIPTS["postgresql"]]
    monkeypatch.setitem(search_tables.SCRIPTS, "postgresql", scripts)
    search_tables.keep_search("default")
    assert told() == {("before", application.pk, alice.pk)}
