"""Counts that cost the same however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.database.replica import connection_for_reading
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


def capped_count(rows: QuerySet[Any], limit: int | None = None) -> CappedCount:
    """How many rows there are, counted to a limit, which is 10,000 where none is given; many where that takes long."""
    numbers = count_in_time(lambda: counts_of_sets(rows, limit=limit))
    return capped(numbers[0], limit) if numbers else MANY


def count_of_list(rows: QuerySet[Any], found: list[Any] | None, *, is_all: bool) -> CappedCount:
    """The count beside a list: many where its rows took too long, and known already where all of them were found."""
    if found is None:
        return MANY
    return capped(len(found)) if is_all else capped_count(rows)


def counts_of_sets(*sets: QuerySet[Any], limit: int | None = None) -> list[int]:
    """How many rows each set has, to one more than a limit, which is 10,000 where none is given: one query for all."""
    columns = [ids_of(rows.order_by(), limit or COUNT_LIMIT) for rows in sets]
    numbers = ", ".join(f"(SELECT COUNT(*) FROM ({ids.sql}) AS counted)" for ids in columns)  # noqa: S608 - Django's own
    with connection_for_reading().cursor() as cursor:
        cursor.execute(f"SELECT {numbers}", [value for ids in columns for value in ids.parameters])
        return list(cursor.fetchone())


class Ids(NamedTuple):
    """SQL that selects the ids of rows, with placeholders."""

    sql: str
    parameters: tuple[Any, ...]


def ids_of(rows: QuerySet[Any], limit: int) -> Ids:
    """The ids of the rows, one more than so many not being looked for; SQL also where there can be none."""
    some = rows.values("pk")[: limit + 1].query
    return Ids(*some.get_compiler(connection=connection_for_reading(), elide_empty=False).as_sql())
