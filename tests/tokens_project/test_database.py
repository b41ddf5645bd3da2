from __future__ import annotations

import datetime
import sqlite3

import pytest
from django.db import NotSupportedError, connection
from django.db.migrations.recorder import MigrationRecorder

# What SQLite alone needs: the run on PostgreSQL has nothing to say here.
pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 20_000), ("foreign_keys", 1)],
)
def test_run3_pragma_is_in_force_on_a_connection(db: None, pragma: str, value: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)


def test_run3_transaction_holds_the_write_lock_from_its_start(db: None) -> None:
    # The test stands in a transaction that has not written anything yet.
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=0, isolation_level=None)
    try:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM accounts_audithead").fetchone() is not None
    finally:
        other.close()


@pytest.mark.django_db
def test_a_statement_may_name_its_parameters() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %(one)s, %(two)s", {"one": 1, "two": 2})
        assert cursor.fetchone() == (1, 2)


def test_an_sqlite_that_has_not_the_index_of_searches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3.dbapi2, "sqlite_version_info", (3, 33, 0))
    with pytest.raises(NotSupportedError, match=r"SQLite 3\.34 or later is required"):
        connection.check_database_version_supported()


@pytest.mark.django_db
def test_an_instant_is_read_by_its_field_and_not_by_the_driver_as_well() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT applied FROM django_migrations ORDER BY id LIMIT 1")
        (stored,) = cursor.fetchone()
    read = MigrationRecorder.Migration.objects.earliest("id").applied
    assert isinstance(stored, str)
    assert (str(read), read.tzinfo) == (f"{stored}+00:00", datetime.UTC)
