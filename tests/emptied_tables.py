"""Tables emptied after a transactional test: past the triggers of the audit log, and in a moment.

Django's own `flush` makes every table of PostgreSQL anew, and stores the permissions of every model again.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

from accounts.audit.chain import GENESIS_HASH
from accounts.database.audit_triggers import execute, laying, missing_triggers, removal
from accounts.models import AuditHead

# What migrations fill, and nothing of the product changes.
KEPT = {"django_content_type", "auth_permission"}
# What a server of the tests writes at this moment is waited for. Triggers do not fire.
ALONE = "SET LOCAL session_replication_role = replica; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE"
# Deleted rows stay where they were: a table that has grown is made anew, so that nothing reads past them for long.
LARGEST = "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s)"
GROWN = 500_000


def install() -> None:
    """Let every transactional test end so."""
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined] # the stubs lack it


def empty_tables(_case: TransactionTestCase) -> None:
    """Empty them, once more where a server of the tests was in the way.

    One that does housekeeping and this may wait for each other, and PostgreSQL then ends one of them. A test that left
    the database without triggers, or at another step of migrations, fails; both are put back for those after it.
    """
    steps = recorded_steps() ^ recorded_at_first()
    if steps:
        put_steps_back()
    triggers = missing_triggers()
    execute(connection, laying(connection.vendor) if triggers else [])
    try:
        empty()
    except OperationalError:
        empty()
    assert (triggers, steps) == ([], set()), f"triggers are gone: {triggers}; steps of migrations differ: {steps}"


def put_steps_back() -> None:
    """Take the steps that were missing, and forget those that nobody knew."""
    for app, name in recorded_steps() - recorded_at_first():
        MigrationRecorder(connection).record_unapplied(app, name)
    call_command("migrate", verbosity=0)


def recorded_steps() -> set[tuple[str, str]]:
    """The steps of migrations that the database knows as done."""
    return set(MigrationRecorder(connection).applied_migrations())


@cache
def recorded_at_first() -> set[tuple[str, str]]:
    """Those that `migrate` recorded in the database of the tests."""
    return recorded_steps()


def empty() -> None:
    """Delete what stands in every table but those that are kept."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    names = {table: connection.ops.quote_name(table) for table in sorted(tables)}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(cursor, names):
            cursor.execute(statement)
        if AuditHead._meta.db_table in tables:
            # As migrations leave it: a server of the tests may look at the audit log before the next test begins.
            AuditHead.objects.create(seq=0, hash=GENESIS_HASH)


def statements(cursor: Any, names: dict[str, str]) -> list[str]:
    """What empties the tables, by their quoted names."""
    delete = [f"DELETE FROM {name}" for name in names.values()]
    if connection.vendor == "sqlite":
        return [*removal("sqlite"), *delete, *laying("sqlite")]
    together = ", ".join(names.values())
    cursor.execute(LARGEST, [list(names)])
    [largest] = cursor.fetchone()
    return [ALONE.format(together), f"TRUNCATE {together}" if largest > GROWN else "; ".join(delete)]
