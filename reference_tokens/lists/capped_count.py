"""Counts that cost the same however many there are."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.text.numbers import grouped_number
from reference_tokens.lists.in_time import count_in_time

if TYPE_CHECKING:
    from django.db.models import QuerySet

COUNT_LIMIT = 10_000


class CappedCount(NamedTuple):
    """How many there are, counted to 10,000 at most, or to less where a row of a list says it."""

    number: int
    is_capped: bool

    def __str__(self) -> str:
        if self == MANY:
            return _("many")
        return grouped_number(self.number) + ("+" if self.is_capped else "")

    @property
    def plural(self) -> int:
        """The number that chooses between singular and plural: a capped number counts as many."""
        return 2 if self == MANY else self.number + self.is_capped

    @property
    def label(self) -> str:
        """So many tokens, as a list says it."""
        return ngettext("%(count)s token", "%(count)s tokens", self.plural) % {"count": self}


# More than can be counted in time.
MANY = CappedCount(0, is_capped=True)


def capped(count: int, limit: int | None = None) -> CappedCount:
    """A count of at least as many as there are, or of more than the limit, which is 10,000 where none is given."""
    limit = COUNT_LIMIT if limit is None else limit
    return CappedCount(min(count, limit), count > limit)


def capped_count(rows: QuerySet[Any]) -> CappedCount:
    """How many rows there are, one more than 10,000 not being looked for; many where that takes too long."""
    numbers = count_in_time(lambda: counts_of_sets(rows.order_by()))
    return capped(*numbers) if numbers else MANY


def count_of_list(rows: QuerySet[Any], found: list[Any] | None, *, is_all: bool) -> CappedCount:
    """The count beside a list: many where its rows took too long, and known already where all of them were found."""
    if found is None:
        return MANY
    return capped(len(found)) if is_all else capped_count(rows)


def counts_of_sets(*sets: QuerySet[Any]) -> list[int]:
    """How many rows each set has, counted to one more than 10,000: one query for all.

    Where a set has an order, the database counts along the index that serves it.
    """
    return counts(*map(ids_of, sets))


class Ids(NamedTuple):
    """SQL that selects the ids of rows, each set of them to one more than 10,000."""

    sql: str
    parameters: list[Any]


def ids_of(*sets: QuerySet[Any]) -> list[Ids]:
    """The ids of the rows of each set that can have some."""
    found: list[Ids] = []
    for rows in sets:
        with suppress(EmptyResultSet):
            sql, parameters = rows.values("pk")[: COUNT_LIMIT + 1].query.sql_with_params()
            found.append(Ids(sql, list(parameters)))
    return found


def together(sets: list[Ids]) -> Ids:
    """The ids of several sets, each once. The database takes a limit within a union only in a query of its own."""
    parts = [f"SELECT * FROM ({ids.sql}) AS part" for ids in sets]  # noqa: S608 - Django's own, with placeholders
    return Ids(" UNION ".join(parts), [value for ids in sets for value in ids.parameters])


def counting(sets: list[Ids]) -> Ids:
    """SQL that counts the ids of several sets, each once; the first set of more than 10,000 is enough."""
    if not sets:
        return Ids("0", [])
    *alone, last = [*(sets if len(sets) > 1 else []), together(sets)]
    enough = "".join(f"WHEN ({number_of(ids)}) > {COUNT_LIMIT} THEN {COUNT_LIMIT + 1} " for ids in alone)
    sql = f"CASE {enough}ELSE ({number_of(last)}) END" if alone else f"({number_of(last)})"
    return Ids(sql, [value for ids in (*alone, last) for value in ids.parameters])


def number_of(ids: Ids) -> str:
    """SQL that counts ids."""
    return f"SELECT COUNT(*) FROM ({ids.sql}) AS counted"  # noqa: S608 - as above


def counts(*found: list[Ids]) -> list[int]:
    """How many ids each selects: one query for all."""
    columns = [counting(sets) for sets in found]
    with connection.cursor() as cursor:
        values = [value for ids in columns for value in ids.parameters]
        cursor.execute(f"SELECT {', '.join(ids.sql for ids in columns)}", values)
        return list(cursor.fetchone())
