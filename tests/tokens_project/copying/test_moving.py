"""All that an instance stores, moved from one database to another (RUN-6)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.audit.verification import verify
from accounts.database.audit_triggers import EVENTS, execute
from accounts.models import AuditEvent, FormerUsername, User
from reference_tokens.models import ReferenceToken, TokenScopes, TokenText
from reference_tokens.models.search_tables import keeps_search
from tests.accounts.audit.tampering import tampered
from tests.command_line import row_counts
from tests.tokens_project.copying.conftest import Target, at, moved_to
from tokens_project.copying.moving import NotMoved
from tokens_project.copying.tables import BY_ITSELF, tables
from trusted_apps.scope_catalogue import create_scope

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("values")]


def everything() -> dict[str, list[str]]:
    """Every row of every table of the default database, as the database itself shows it, but those for searches."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != "django_migrations" and not table.startswith(BY_ITSELF):
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = sorted(map(shown, cursor.fetchall()))
    return found


def shown(row: tuple[Any, ...]) -> str:
    return repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row])


def shape() -> dict[str, Any]:
    """The constraints and indexes of every table of the default database."""
    with connection.cursor() as cursor:
        names = [model._meta.db_table for model in tables()]
        return {name: connection.introspection.get_constraints(cursor, name) for name in names}


def test_run6_every_table_comes_through_a_file_of_sqlite_and_back_as_it_was(file: Target, empty: Target) -> None:
    assert min(row_counts().values()) > 0
    before, laptop, server = everything(), file(), empty()
    moved_to(laptop)
    with at(laptop):
        moved_to(server)
    with at(server):
        assert everything() == before
    assert everything() == before


def test_run6_the_new_database_is_like_any_other_and_is_filled_once(empty: Target) -> None:
    last = FormerUsername.objects.create(digest=bytes(32))
    number = last.pk
    last.delete()
    here, url = shape(), empty()
    moved_to(url)
    with at(url):
        assert verify().broken is None
        assert keeps_search(DEFAULT_DB_ALIAS)
        assert TokenText.objects.count() == TokenScopes.objects.count() == ReferenceToken.objects.count()
        assert shape() == here
        # A number that was given once is never given again.
        assert FormerUsername.objects.create(digest=bytes(32)).pk == number + 1
    with pytest.raises(NotMoved, match="not empty"):
        moved_to(url)


def test_run6_one_row_is_enough_to_refuse_and_without_it_what_migrate_laid_is_in_no_way(migrated: str) -> None:
    with at(migrated):
        group = Group.objects.create(name="Operators")
    with pytest.raises(NotMoved, match="auth_group"):
        moved_to(migrated)
    with at(migrated):
        group.delete()
    assert moved_to(migrated).rows == sum(map(len, everything().values()))


def test_run6_a_table_of_another_program_is_refused(empty: Target) -> None:
    url = empty()
    with at(url) as new:
        for file in getattr(new, "missing", []).copy():
            file.touch()
            new.missing.clear()
        execute(new, ["CREATE TABLE customers (id integer)"])
    with pytest.raises(NotMoved, match="customers"):
        moved_to(url)


def test_run6_what_the_service_writes_meanwhile_leaves_the_new_database_empty(empty: Target) -> None:
    url = empty()

    def act(text: str, done: int = 0, total: int | None = None) -> None:
        if text.startswith("Comparing") and not connections["source"].in_atomic_block and not acted:
            acted.append(text)
            by_another_thread(act_late)

    acted: list[str] = []
    with pytest.raises(NotMoved, match="meanwhile"):
        moved_to(url, act)
    with at(url):
        assert not User.objects.exists()
    assert moved_to(url).audit_entries == AuditEvent.objects.count()


def act_late() -> None:
    create_scope(actor=OPERATOR, name="late", description="Late.", now=timezone.now())


def by_another_thread(act: Any) -> None:
    """Do something with the database of the tests, to which the connections of other threads lead."""

    def work() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_run6_a_row_that_came_over_otherwise_is_found(empty: Target) -> None:
    def change(text: str, done: int = 0, total: int | None = None) -> None:
        if text.startswith("Comparing"):
            User.objects.filter(name__gt="").update(name="Somebody else")

    with pytest.raises(NotMoved, match="accounts_user is not the same"):
        moved_to(empty(), change)


def test_run6_an_audit_log_that_was_changed_is_not_moved(empty: Target) -> None:
    tampered(f"UPDATE {EVENTS} SET action = 'token:never' WHERE seq = 2")
    with pytest.raises(NotMoved, match="entry 2 was changed"):
        moved_to(empty())
