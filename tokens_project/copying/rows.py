"""Rows in one form, which JSON can hold and which is the same whatever database they come from: a list of columns.

Instants and ids are text, bytes are hexadecimal, addresses are as the audit log writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections
from django.db.models import Field, Model

from accounts.audit.chain import canonical_address
from tokens_project.copying.tables import all_of

if TYPE_CHECKING:
    Column = Field[Any, Any]

Row = list[Any]
Change = Callable[[Any], Any]

AT_ONCE = 2000


def instant_in(text: str) -> datetime:
    """The instant in a text; raises `ValueError` where it says no offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


# Of each kind of field: how a value is written for JSON, and how it is read again.
FORMS: dict[str, tuple[Change, Change]] = {
    "BinaryField": (lambda value: bytes(value).hex(), bytes.fromhex),
    "DateField": (date.isoformat, date.fromisoformat),
    "DateTimeField": (datetime.isoformat, instant_in),
    "GenericIPAddressField": (canonical_address, str),
    "UUIDField": (str, UUID),
}
# These are for JSON as they are, but for databases they are not.
AS_THEY_ARE = frozenset({"JSONField"})

# Values that are the same in JSON and in databases. SQLite would take a text for a number too, and PostgreSQL a list
# for a text.
PLAIN = {
    "AutoField": int,
    "BigAutoField": int,
    "BigIntegerField": int,
    "BooleanField": bool,
    "CharField": str,
    "FloatField": float,
    "IntegerField": int,
    "PositiveBigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "TextField": str,
}


def columns_of(model: type[Model]) -> list[str]:
    """The names of the columns of a row, in their order."""
    return [str(field.column) for field in model._meta.concrete_fields]


def rows_of(model: type[Model], using: str) -> Iterator[Row]:
    """Each row of a table, in the order in which they lie there, a portion at a time."""
    names = [field.attname for field in model._meta.concrete_fields]
    changes = [(place, forms[0]) for place, forms in changed_columns(model).items()]
    rows = all_of(model, using).values_list(*names)
    for found in rows.iterator(chunk_size=AT_ONCE):
        row = list(found)
        for place, change in changes:
            if row[place] is not None:
                row[place] = change(row[place])
        yield row


def write_rows(model: type[Model], rows: Iterable[Row], using: str) -> None:
    """Insert rows, a portion at a time; raises `django.db.Error`."""
    connection: Any = connections[using]
    changes = storing(model, connection)
    remaining = (stored(row, changes) for row in rows)
    write = {"postgresql": copy_rows, "sqlite": insert_rows}[connection.vendor]
    while portion := list(islice(remaining, AT_ONCE)):
        with connection.wrap_database_errors:
            write(connection, model, portion)


def stored(row: Row, changes: Sequence[tuple[int, Change]]) -> Row:
    """The row as the driver of a database takes it."""
    row = list(row)
    for place, change in changes:
        if row[place] is not None:
            row[place] = change(row[place])
    return row


def copy_rows(connection: Any, model: type[Model], rows: list[Row]) -> None:
    """Insert rows into PostgreSQL as its own tools do."""
    names = ", ".join(f'"{name}"' for name in columns_of(model))
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_rows(connection: Any, model: type[Model], rows: list[Row]) -> None:
    """Insert rows into SQLite by one statement, again and again."""
    names = columns_of(model)
    places = ", ".join("?" * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'INSERT INTO "{model._meta.db_table}" ({quoted}) VALUES ({places})'  # noqa: S608 - Django's own names
    connection.connection.executemany(statement, rows)


@cache
def changed_columns(model: type[Model]) -> dict[int, tuple[Change, Change]]:
    """The columns whose values JSON does not hold as they are: how each is written, and read again."""
    found = {}
    for place, field in enumerate(map(valued, model._meta.concrete_fields)):
        kind = field.get_internal_type()
        if kind in FORMS:
            found[place] = FORMS[kind]
        elif kind not in AS_THEY_ARE and hasattr(field, "from_db_value"):
            found[place] = (field.get_prep_value, field.to_python)
    return found


def storing(model: type[Model], connection: Any) -> list[tuple[int, Change]]:
    """How the columns are stored: no database takes all as JSON holds them, and some take whatever they hold."""
    read = {place: forms[1] for place, forms in changed_columns(model).items()}
    found = []
    for place, field in enumerate(map(valued, model._meta.concrete_fields)):
        kind = field.get_internal_type()
        if place in read or kind in AS_THEY_ARE:
            found.append((place, for_driver(field, read.get(place), connection)))
        else:
            found.append((place, partial(of_kind, PLAIN[kind])))
    return found


def of_kind(kind: type, value: Any) -> Any:
    """The value itself; raises `TypeError` where it is of another kind."""
    if not isinstance(value, kind):
        raise TypeError(value)
    return value


def for_driver(field: Column, read: Change | None, connection: Any) -> Change:
    """What makes of a value for JSON one that the driver takes."""

    def change(value: Any) -> Any:
        return field.get_db_prep_save(read(value) if read else value, connection)

    return change


def valued(field: Column) -> Column:
    """The field whose values a column holds: of a foreign key, the one that it leads to."""
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined] # of every foreign key
    return field
