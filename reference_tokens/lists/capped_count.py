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
    """SQL that selects the ids of rows, to one more than 10,000."""

    sql: str
    parameters: list[Any]


def ids_of(*sets: QuerySet[Any]) -> Ids:
    """The ids of the rows of any of the sets, each of which is looked for by itself."""
    found: list[Ids] = []
    for rows in sets:
        with suppress(EmptyResultSet):
            sql, parameters = rows.values("pk")[: COUNT_LIMIT + 1].query.sql_with_params()
            found.append(Ids(sql, list(parameters)))
    if len(found) == 1:
        return found[0]
    # The database refuses a limit in a part of a union that is no query of its own.
    parts = [f"SELECT * FROM ({ids.sql}) AS part" for ids in found]  # noqa: S608 - Django's own, with placeholders
    return Ids(" UNION ".join(parts), [value for ids in found for value in ids.parameters])


def counts(*found: Ids) -> list[int]:
    """How many ids each selects: one query for all."""
    columns = [f"(SELECT COUNT(*) FROM ({ids.sql}) AS counted)" if ids.sql else "0" for ids in found]  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", [value for ids in found for value in ids.parameters])
        return list(cursor.fetchone())
