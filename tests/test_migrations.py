"""RUN-7: a migration works while the code of the release before still runs.

What takes something away from that code, or asks something of its rows that it does not know, waits for the release
after the one that stopped using it, and is named in `ALLOWED` with its reason.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.command_line import OURS

pytestmark = pytest.mark.once

# The last migration of each app before this was held: what comes after them is.
HELD_FROM = {"accounts": "0008", "trusted_apps": "0003", "reference_tokens": "0024"}
# The migrations that do such a thing all the same, each with the reason why no code that may still run needs it.
ALLOWED: dict[tuple[str, str], str] = {}

TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
ASKS_OF_ROWS = (migrations.AddConstraint, migrations.AlterUniqueTogether)


def needs_a_value(field: Any) -> bool:
    """Whether a row that names no value for the column is refused."""
    return not (field.many_to_many or field.null or field.has_db_default())


def breaks_old_code(operation: Operation, app: str, before: ProjectState) -> str:
    """What the operation does to code that knows nothing of it; empty where that goes on."""
    match operation:
        case migrations.AddField():
            is_broken = needs_a_value(operation.field)
        case migrations.AlterField():
            known = before.models[app, operation.model_name_lower].fields[operation.name]
            new = operation.field
            is_narrower = (new.max_length or 0) < (known.max_length or 0)
            is_other = known.get_internal_type() != new.get_internal_type() or known.db_column != new.db_column
            is_broken = is_narrower or is_other or (needs_a_value(new) and not needs_a_value(known))
        case migrations.SeparateDatabaseAndState():
            said = (breaks_old_code(each, app, before) for each in operation.database_operations)
            return next(filter(None, said), "")
        case _:
            is_broken = isinstance(operation, TAKES_AWAY + ASKS_OF_ROWS)
    return operation.describe() if is_broken else ""


def test_run7_no_migration_breaks_the_code_of_the_release_before() -> None:
    loader, found = MigrationLoader(None), {}
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS and name[:4] > HELD_FROM.get(app, ""):
            state = loader.project_state((app, name), at_end=False)
            for operation in migration.operations:
                if said := breaks_old_code(operation, app, state):
                    found[app, name] = said
                operation.state_forwards(app, state)
    assert {name: said for name, said in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found)


BEFORE = ProjectState()
BEFORE.add_model(
    migrations.state.ModelState(
        "accounts",
        "Thing",
        [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20, null=True))],
    )
)


@pytest.mark.parametrize(
    ("operation", "is_broken"),
    [
        (migrations.AddField("thing", "size", models.IntegerField()), True),
        (migrations.AddField("thing", "size", models.IntegerField(default=1)), True),
        (migrations.AddField("thing", "size", models.IntegerField(null=True)), False),
        (migrations.AddField("thing", "size", models.IntegerField(db_default=1)), False),
        (migrations.AlterField("thing", "name", models.CharField(max_length=20)), True),
        (migrations.AlterField("thing", "name", models.CharField(max_length=10, null=True)), True),
        (migrations.AlterField("thing", "name", models.CharField(max_length=20, db_default="")), False),
        (migrations.AlterField("thing", "name", models.CharField(max_length=30, null=True)), False),
        (migrations.AlterField("thing", "name", models.IntegerField(null=True)), True),
        (migrations.RemoveField("thing", "name"), True),
        (migrations.RenameField("thing", "name", "title"), True),
        (migrations.DeleteModel("Thing"), True),
        (migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]), False),
        (migrations.AddIndex("thing", models.Index(fields=["name"], name="thing_name")), False),
        (migrations.AddConstraint("thing", models.UniqueConstraint(fields=["name"], name="thing_once")), True),
        (migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("thing", "name")]), False),
        (migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("thing", "name")]), True),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else None,
)
def test_run7_what_would_break_it_is_known(operation: Operation, is_broken: bool) -> None:
    assert bool(breaks_old_code(operation, "accounts", BEFORE)) is is_broken
