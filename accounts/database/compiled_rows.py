"""Whole rows of a model, read and inserted by statements that are written once: for acts that happen often."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

from accounts.at_hand import connection_at_hand
from accounts.database.compiled_query import Placeholder, compiled, fetched

if TYPE_CHECKING:
    from django.db.models import Model

    Row = TypeVar("Row", bound=Model)


def row_locked(model: type[Row], pk: Any) -> Row:
    """The row as it is now, locked until the transaction ends; raises the model's `DoesNotExist`."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a lock ends with its transaction, and there is none")
    rows = compiled(locked_rows, model).rows(pk=model._meta.pk.get_db_prep_value(pk, connection))
    if not rows:
        raise model.DoesNotExist  # type: ignore[attr-defined] # unknown to the stubs
    return model.from_db(connection.alias, columns_of(model), rows[0])


def locked_rows(model: type[Model]) -> QuerySet[Any, Any]:
    """The row with the key `pk`, every column of it."""
    rows: QuerySet[Any, Any] = QuerySet(model).filter(pk=Placeholder("pk"))
    return rows.select_for_update(no_key=True).order_by().values_list(*columns_of(model))


def columns_of(model: type[Model]) -> list[str]:
    """The names under which a row has the values of its columns."""
    return [field.attname for field in model._meta.concrete_fields]


def insert_row(row: Model) -> None:
    """Store a new row as it is; no signal tells of it."""
    # It returns nothing, which keeps its form.
    fetched(connection_at_hand(), insertion(type(row)), values_of(row), keeps_form=True)
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - as Django's own `save` leaves it


@lru_cache
def insertion(model: type[Model]) -> str:
    """The INSERT of one row of a model, with a placeholder for each of its columns."""
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    places = ", ".join(["%s"] * len(model._meta.concrete_fields))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608 - Django's own names


def values_of(row: Model) -> list[Any]:
    """The values of the columns, as the database wants them."""
    # Looked up once: each field asks it several times.
    wanting = connection_at_hand()
    return [field.get_db_prep_save(getattr(row, field.attname), wanting) for field in row._meta.concrete_fields]
