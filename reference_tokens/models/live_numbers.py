"""How many tokens that have not ended an application has, as an expression in a query for applications.

In this form no database begins at the wrong end: each application leads to a piece of an index, and that is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import IntegerField, OuterRef, Subquery

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from reference_tokens.models.tokens import ReferenceTokenQuerySet


class NumberFound(Subquery):
    """The number of rows of a set that refers to the query around it, or one more than a limit if there are more."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], limit: int | None = None) -> None:
        found = rows.order_by().values("pk")
        super().__init__(found if limit is None else found[: limit + 1])


def live_parts(tokens: ReferenceTokenQuerySet, now: datetime) -> tuple[ReferenceTokenQuerySet, ReferenceTokenQuerySet]:
    """Those of the tokens that never expire, and those that do so later: each is one piece of an index by expiry."""
    unrevoked = tokens.filter(revoked_at=None)
    return unrevoked.filter(expires_at=None), unrevoked.filter(expires_at__gt=now)


def live_number(tokens: ReferenceTokenQuerySet, now: datetime, limit: int | None = None) -> Combinable:
    """How many of the tokens live that the application around it has; each part is counted to one more than the limit.

    SATs are best named by their holder, who is nobody: an index is of these.
    """
    never, later = live_parts(tokens.filter(application=OuterRef("pk")), now)
    return NumberFound(never, limit) + NumberFound(later, limit)
