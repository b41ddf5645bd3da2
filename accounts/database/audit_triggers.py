"""The triggers with which the database itself keeps the audit log as it was written (AUD-2).

They refuse to change or delete an entry that is not pruned, to move the head back, and to take back what is pruned.
`lay_triggers` is called by the migration that made them, and at the end of every later one that makes one of their
tables anew: SQLite drops the triggers of a table with it, and says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EVENTS, HEAD, MARKS = "accounts_auditevent", "accounts_audithead", "accounts_auditmark"
# INSERT OR REPLACE deletes a row without a trigger of deletions: of what is there already nothing is inserted.
SQLITE = f"""
CREATE TRIGGER audit_event_insert BEFORE INSERT ON {EVENTS}
    WHEN new.seq <= (SELECT max(seq) FROM {EVENTS})
    BEGIN SELECT RAISE(ABORT, 'the audit log takes entries at its end alone'); END
CREATE TRIGGER audit_event_update BEFORE UPDATE ON {EVENTS}
    BEGIN SELECT RAISE(ABORT, 'an entry of the audit log is never changed'); END
CREATE TRIGGER audit_event_delete BEFORE DELETE ON {EVENTS}
    WHEN old.seq > coalesce((SELECT seq FROM {MARKS} WHERE name = 'pruned'), 0)
    BEGIN SELECT RAISE(ABORT, 'an entry of the audit log is never deleted before it is pruned'); END
CREATE TRIGGER audit_head_insert BEFORE INSERT ON {HEAD}
    WHEN EXISTS (SELECT 1 FROM {HEAD} WHERE id = new.id)
    BEGIN SELECT RAISE(ABORT, 'the audit log has one head'); END
CREATE TRIGGER audit_head_update BEFORE UPDATE ON {HEAD}
    WHEN new.seq <= old.seq OR new.id <> old.id
    BEGIN SELECT RAISE(ABORT, 'the head of the audit log never moves back'); END
CREATE TRIGGER audit_head_delete BEFORE DELETE ON {HEAD}
    BEGIN SELECT RAISE(ABORT, 'the head of the audit log is never deleted'); END
CREATE TRIGGER audit_mark_insert BEFORE INSERT ON {MARKS}
    WHEN EXISTS (SELECT 1 FROM {MARKS} WHERE name = new.name) OR new.seq > (SELECT seq FROM {HEAD})
    BEGIN SELECT RAISE(ABORT, 'the audit log has one mark of each kind, none past its head'); END
CREATE TRIGGER audit_mark_update BEFORE UPDATE ON {MARKS}
    WHEN new.name <> old.name OR new.seq > (SELECT seq FROM {HEAD}) OR (old.name = 'pruned' AND new.seq < old.seq)
    BEGIN SELECT RAISE(ABORT, 'a mark of the audit log never moves back, nor past its head'); END
CREATE TRIGGER audit_mark_delete BEFORE DELETE ON {MARKS}
    BEGIN SELECT RAISE(ABORT, 'a mark of the audit log is never deleted'); END
"""  # noqa: S608 - our own names
# A condition behind WHEN asks for no function where it does not hold: nothing is called for an entry that is written.
# Tables are named with their schema: a temporary table of the same name would be found before them.
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
    END $$
CREATE OR REPLACE FUNCTION audit_refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE pruned bigint;
    BEGIN
    EXECUTE format('SELECT seq FROM %I.{MARKS} WHERE name = ''pruned''', TG_TABLE_SCHEMA) INTO pruned;
    IF pruned IS NULL OR old.seq > pruned THEN
        RAISE EXCEPTION 'an entry of the audit log is never deleted before it is pruned'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN old;
    END $$
CREATE OR REPLACE FUNCTION audit_refuse_past_head() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last bigint;
    BEGIN
    EXECUTE format('SELECT seq FROM %I.{HEAD}', TG_TABLE_SCHEMA) INTO last;
    IF new.seq > last THEN
        RAISE EXCEPTION 'a mark of the audit log never moves past its head'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
    END $$
CREATE TRIGGER audit_event_update BEFORE UPDATE ON {EVENTS}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse('an entry of the audit log is never changed')
CREATE TRIGGER audit_event_delete BEFORE DELETE ON {EVENTS}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_pruned()
CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON {EVENTS}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('the audit log is never emptied')
CREATE TRIGGER audit_head_update AFTER UPDATE ON {HEAD}
    FOR EACH ROW WHEN (new.seq <= old.seq OR new.id <> old.id)
    EXECUTE FUNCTION audit_refuse('the head of the audit log never moves back')
CREATE TRIGGER audit_head_delete BEFORE DELETE ON {HEAD}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse('the head of the audit log is never deleted')
CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON {HEAD}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('the head of the audit log is never deleted')
CREATE TRIGGER audit_mark_insert BEFORE INSERT OR UPDATE ON {MARKS}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_past_head()
CREATE TRIGGER audit_mark_update BEFORE UPDATE ON {MARKS}
    FOR EACH ROW WHEN (new.name <> old.name OR (old.name = 'pruned' AND new.seq < old.seq))
    EXECUTE FUNCTION audit_refuse('a mark of the audit log never moves back')
CREATE TRIGGER audit_mark_delete BEFORE DELETE ON {MARKS}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse('a mark of the audit log is never deleted')
CREATE TRIGGER audit_mark_truncate BEFORE TRUNCATE ON {MARKS}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('a mark of the audit log is never deleted')
"""  # noqa: S608 - our own names
SCRIPTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
THAT_WORK = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    # Another instance may stand beside this one, in a schema of its own. What is disabled is as good as gone.
    "postgresql": f"""
        SELECT tgname FROM pg_trigger
        WHERE tgenabled IN ('O', 'A') AND tgrelid IN ('{EVENTS}'::regclass, '{HEAD}'::regclass, '{MARKS}'::regclass)
    """,  # noqa: S608 - our own names
}
TRIGGER = re.compile(r"^CREATE TRIGGER (\w+) \w+ [A-Z ]+ ON (\w+)", re.MULTILINE)


def laying(vendor: str) -> list[str]:
    """The statements that make the triggers, in place of those that are there."""
    parts = re.split(r"^(?=CREATE )", SCRIPTS[vendor], flags=re.MULTILINE)
    return [*removal(vendor), *(part.strip() for part in parts[1:])]


def removal(vendor: str) -> list[str]:
    """The statements that take the triggers away."""
    of_table = {"sqlite": "", "postgresql": " ON {}"}[vendor]
    found = TRIGGER.findall(SCRIPTS[vendor])
    return [f"DROP TRIGGER IF EXISTS {name}{of_table.format(table)}" for name, table in found]


def lay_triggers(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers; for the end of a migration."""
    execute(schema_editor.connection, laying(schema_editor.connection.vendor))


def remove_triggers(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away; for a migration, before it makes one of their tables anew, or deletes it."""
    execute(schema_editor.connection, removal(schema_editor.connection.vendor))


def execute(connection: Any, statements: list[str]) -> None:
    """Run the statements."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def missing_triggers() -> list[str]:
    """The triggers that are gone or disabled, by their names; one short query."""
    with connection.cursor() as cursor:
        cursor.execute(THAT_WORK[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    return [name for name, _table in TRIGGER.findall(SCRIPTS[connection.vendor]) if name not in there]
