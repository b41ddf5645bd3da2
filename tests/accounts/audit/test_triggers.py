"""The database itself refuses to change the audit log: SQL that goes past the service too (AUD-2, T38)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.database.audit_triggers import execute, lay_triggers, laying, missing_triggers, removal, remove_triggers
from accounts.models import AuditEvent, AuditHead, AuditMark
from tests.conftest import is_postgresql

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
EVENTS, HEAD, MARKS = (model._meta.db_table for model in (AuditEvent, AuditHead, AuditMark))


@pytest.fixture
def log(db: None) -> None:
    """Three entries, of which the first is pruned, and stands there still."""
    with transaction.atomic():
        for _number in range(3):
            record_event(OPERATOR, "test:act", Target("thing", "7"), now=NOW, details={})
    for name, seq in (("pruned", 1), ("signed", 3)):
        AuditMark.objects.create(name=name, seq=seq, hash=bytes(32), at=NOW, signature=bytes(32))


def refused(statement: str) -> str:
    """What the database says no with."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        execute(connection, [statement])
    return str(error.value).partition("\n")[0]


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {EVENTS} SET action = 'test:other' WHERE seq = 2",
        f"UPDATE {EVENTS} SET seq = 9 WHERE seq = 3",
        f"UPDATE {EVENTS} SET action = action",
        f"DELETE FROM {EVENTS} WHERE seq = 2",
        f"DELETE FROM {EVENTS}",
        f"UPDATE {HEAD} SET seq = 2",
        f"UPDATE {HEAD} SET hash = previous_hash FROM {EVENTS} WHERE {EVENTS}.seq = 2",
        f"DELETE FROM {HEAD}",
        f"INSERT INTO {HEAD} SELECT * FROM {HEAD}",
        f"UPDATE {MARKS} SET seq = 0 WHERE name = 'pruned'",
        f"UPDATE {MARKS} SET seq = 4 WHERE name = 'pruned'",
        f"UPDATE {MARKS} SET seq = 4 WHERE name = 'signed'",
        f"UPDATE {MARKS} SET name = 'other' WHERE name = 'signed'",
        f"INSERT INTO {MARKS} SELECT 'other', 4, hash, at, signature FROM {MARKS} WHERE name = 'pruned'",
        f"DELETE FROM {MARKS} WHERE name = 'pruned'",
    ],
)
def test_aud2_t38_what_was_written_is_neither_changed_nor_deleted(log: None, statement: str) -> None:
    assert refused(statement)
    assert AuditEvent.objects.count() == 3


def test_aud2_what_is_pruned_may_be_deleted(log: None) -> None:
    AuditEvent.objects.filter(seq=1).delete()
    assert list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True)) == [2, 3]


def test_aud2_nothing_is_replaced_by_what_is_inserted(log: None) -> None:
    columns = "at, action, source, actor_type, actor_id, target_type, target_id, request_id, details"
    row = f"SELECT 2, previous_hash, {columns} FROM {EVENTS} WHERE seq = 3"
    mark = f"SELECT name, 3, hash, at, signature FROM {MARKS} WHERE name = 'pruned'"
    head = f"SELECT id, 9, hash FROM {HEAD}"
    for table, names, rows in (
        (EVENTS, f"(seq, previous_hash, {columns})", row),
        (MARKS, "", mark),
        (HEAD, "(id, seq, hash)", head),
    ):
        verb = "INSERT" if is_postgresql() else "INSERT OR REPLACE"
        assert refused(f"{verb} INTO {table} {names} {rows}")


@pytest.mark.skipif(not is_postgresql(), reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", [EVENTS, HEAD, MARKS])
def test_aud2_t38_nothing_is_truncated(log: None, table: str) -> None:
    assert "audit log" in refused(f"TRUNCATE {table}")


@pytest.mark.skipif(not is_postgresql(), reason="a trigger of SQLite finds the tables of its own database alone")
def test_aud2_a_temporary_table_of_the_same_name_opens_nothing(log: None) -> None:
    execute(connection, [f"CREATE TEMPORARY TABLE {MARKS} AS SELECT 'pruned' AS name, 99 AS seq"])
    assert "never deleted" in refused(f"DELETE FROM {EVENTS} WHERE seq = 2")
    execute(connection, [f"DROP TABLE pg_temp.{MARKS}"])


def test_aud2_migrations_leave_every_trigger_in_place(db: None) -> None:
    """A migration that makes one of the tables anew calls `lay_triggers` at its end: SQLite drops them silently."""
    assert missing_triggers() == []


def test_aud2_a_trigger_that_is_gone_is_missed(log: None) -> None:
    execute(connection, removal(connection.vendor))
    assert "audit_event_update" in missing_triggers()
    AuditEvent.objects.filter(seq=2).update(action="test:other")
    execute(connection, laying(connection.vendor))
    assert missing_triggers() == []


@pytest.mark.skipif(not is_postgresql(), reason="SQLite disables no trigger")
def test_aud2_a_trigger_that_is_disabled_is_missed(log: None) -> None:
    execute(connection, [f"ALTER TABLE {EVENTS} DISABLE TRIGGER audit_event_delete"])
    assert missing_triggers() == ["audit_event_delete"]


@pytest.mark.django_db(transaction=True)
def test_aud2_a_table_that_is_made_anew_has_its_triggers_once_they_are_laid_again() -> None:
    longer = models.CharField(max_length=61)
    longer.set_attributes_from_name("action")
    before = AuditEvent._meta.get_field("action")
    with connection.schema_editor() as editor:
        remove_triggers(None, editor)
        editor.alter_field(AuditEvent, before, longer)
    assert missing_triggers()
    with connection.schema_editor() as editor:
        editor.alter_field(AuditEvent, longer, before)
        lay_triggers(None, editor)
    assert missing_triggers() == []


def migrated(name: str | None = None) -> None:
    """Migrate the tables of this app, to the newest ones where no migration is named."""
    executor = MigrationExecutor(connection)
    executor.migrate([("accounts", name)] if name else executor.loader.graph.leaf_nodes("accounts"))


@pytest.mark.django_db(transaction=True)
def test_aud2_the_release_before_finds_its_tables_again_and_so_does_this_one() -> None:
    migrated("0004_administrators_found")
    try:
        assert MARKS not in connection.introspection.table_names()
        AuditHead.objects.update(seq=9)
        AuditHead.objects.update(seq=0)
    finally:
        migrated()
    assert missing_triggers() == []
