"""Lists in pages: `limit` and `after`, `next` and `Link`; as cheap in the middle as at the start.

A page begins behind the last row of the one before, by the columns that order the list, so that nothing is left out or
told twice while rows are added or removed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from ninja import Field, Schema

from accounts.database.replica import read_from_replica
from reference_tokens.management_api.problems import invalid_parameter

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpResponse

    from reference_tokens.management_api.requests import Request

Item = TypeVar("Item")
Row = TypeVar("Row", bound="Model")
DEFAULT_LIMIT, MOST = 50, 200


class Paging(Schema):
    """Which page."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST, description="How many at most.")
    after: str = Field("", max_length=1000, description="What `next` of the page before holds; empty for the first.")


class Page(Schema, Generic[Item]):
    """A page of a list; `next` is the address of the one behind it, null at the end."""

    items: list[Item]
    next: str | None = None


def page_of(  # noqa: PLR0913 - what is listed, in which order, from where, and as what
    request: Request,
    response: HttpResponse,
    rows: QuerySet[Row],
    *,
    paging: Paging,
    order: Sequence[str],
    members: Callable[[Row], Any],
) -> dict[str, Any]:
    """The page of these rows in the order of these columns (`-` before a descending one), the last of them unique.

    Raises `Problem` 422 for an `after` that is none of this list's.
    """
    shown, following = rows_of_page(rows, paging, order)
    return page(request, response, [members(row) for row in shown], following)


def rows_of_page(rows: QuerySet[Row], paging: Paging, order: Sequence[str]) -> tuple[list[Row], str]:
    """The rows of a page in this order, as `page_of` takes it, and the cursor to those behind; empty at the end."""
    behind = rows_behind(rows, order, paging.after) if paging.after else rows
    found = read_from_replica(lambda: list(behind.order_by(*order)[: paging.limit + 1]))
    shown = found[: paging.limit]
    return shown, cursor_of(shown[-1], order) if len(found) > len(shown) else ""


def page(request: Request, response: HttpResponse, items: list[Any], following: str) -> dict[str, Any]:
    """The page with these items, and the address of the one that the cursor leads to (RFC 8288)."""
    address = None
    if following:
        query = request.GET.copy()
        query["after"] = following
        address = f"{request.path}?{query.urlencode()}"
        response["Link"] = f'<{address}>; rel="next"'
    return {"items": items, "next": address}


def cursor_of(row: Model, order: Sequence[str]) -> str:
    """Where the row stands in the order, in letters of an address."""
    values = [getattr(row, column.lstrip("-")) for column in order]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def rows_behind(rows: QuerySet[Row], order: Sequence[str], cursor: str) -> QuerySet[Row]:
    """The rows behind the one that the cursor was made of."""
    columns = [column.lstrip("-") for column in order]
    values = values_in(cursor, rows, columns)
    condition, before = Q(), Q()
    for column, given, value in zip(columns, order, values, strict=True):
        comparison = "lt" if given.startswith("-") else "gt"
        condition |= before & Q(**{f"{column}__{comparison}": value})
        before &= Q(**{column: value})
    # The first column alone leads through its index; the rest decides among equals.
    first = "lte" if order[0].startswith("-") else "gte"
    return rows.filter(condition, **{f"{columns[0]}__{first}": values[0]})


def values_in(cursor: str, rows: QuerySet[Any], columns: Sequence[str]) -> list[Any]:
    """The values of these columns in a cursor; raises `Problem` 422 where it does not hold them."""
    try:
        values = list_in(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
        return [stored(column_of(rows, name).to_python(one)) for name, one in zip(columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError, ValidationError) as error:
        raise invalid_parameter("after", "Take it from `next` of the page before.") from error


def list_in(document: Any) -> list[Any]:
    """The document, which is a list; raises `TypeError` where it is none."""
    if not isinstance(document, list):
        raise TypeError
    return document


def stored(value: Any) -> Any:
    """The value as a database takes it; raises `ValueError` and `OverflowError` for one that none does."""
    if value is None or (isinstance(value, str) and b"\0" in value.encode()):
        raise ValueError
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def column_of(rows: QuerySet[Any], name: str) -> Any:
    """The column of this name, of the table or made by the query."""
    made = rows.query.annotations.get(name)
    return made.output_field if made else rows.model._meta.get_field(name)
