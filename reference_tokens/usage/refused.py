"""The refusals of the last 30 days that are told of a token, an application or a Resource Server (TOK-16)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from reference_tokens.models import RefusalCount, ResourceServer
from reference_tokens.models.refusals import REFUSALS_KEPT, REFUSALS_OF_ONE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from reference_tokens.models import ReferenceToken

# More are read than told: a token that is refused every minute for an hour hides no other.
ROWS_READ = 500
COLUMNS = ("reason", "door", "token_id", "server_id", "address", "count", "first_at", "last_at")


class Stored(NamedTuple):
    """What is read of a row."""

    reason: str
    door: str
    token_id: UUID | None
    server_id: int | None
    address: str | None
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Alike:
    """Refusals that differ only in their minute."""

    rows: list[Stored]

    @property
    def one(self) -> Stored:
        """One of them: the reason, the door and the like are those of all."""
        return self.rows[0]

    @property
    def count(self) -> int:
        """How often it was refused."""
        return sum(row.times for row in self.rows)

    @property
    def first_at(self) -> datetime:
        """When it was refused the first time."""
        return min(row.first_at for row in self.rows)

    @property
    def last_at(self) -> datetime:
        """When it was refused the last time."""
        return max(row.last_at for row in self.rows)


def of_token(token: ReferenceToken) -> QuerySet[RefusalCount]:
    """Those of a token, by no index of the time, which would lead past those of all tokens."""
    return RefusalCount.objects.filter(token=token).order_by("-last_at")


def told_once(stored: QuerySet[RefusalCount], now: datetime) -> list[Alike]:
    """The last ones, the latest first; rows that differ only in their minute are told together."""
    kept = stored.filter(minute__gte=now - REFUSALS_KEPT)
    found: dict[tuple[Any, ...], list[Stored]] = defaultdict(list)
    for row in kept.values_list(*COLUMNS)[:ROWS_READ]:
        found[row[:5]].append(Stored._make(row))
    return sorted(map(Alike, found.values()), key=attrgetter("last_at"), reverse=True)[:REFUSALS_OF_ONE]


def names_of_servers(refused: Iterable[Alike]) -> dict[int, str]:
    """The names of the Resource Servers that asked."""
    ids = {alike.one.server_id for alike in refused if alike.one.server_id}
    return dict(ResourceServer.objects.filter(pk__in=ids).values_list("pk", "name"))
