"""Inserting a row for each row of a query, in one statement: there may be a hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet


def insert_selected(model: type[Model], names: Sequence[str], rows: QuerySet[Any, Any], **same: Any) -> list[Any]:
    """Insert what `rows` selects into these fields of a model, with the `same` values beside it; returns the new ids.

    Every field without a default of the database is to be given.
    """
    fields = {field.name: field for field in model._meta.concrete_fields}
    values = [fields[name].get_db_prep_save(value, connection) for name, value in same.items()]
    columns = ", ".join(f'"{fields[name].column}"' for name in (*same, *names))
    sql, parameters = rows.query.sql_with_params()
    selected = ", ".join([*["%s"] * len(values), "selected.*"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {selected} FROM ({sql}) AS selected"  # noqa: S608 - Django's own, with placeholders
            f" RETURNING {model._meta.pk.column}",
            [*values, *parameters],
        )
        return [pk for (pk,) in cursor.fetchall()]
