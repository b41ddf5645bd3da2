"""Sets of tokens that somebody is about to change: their numbers, their owners and their locks."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, TextField
from django.db.models.functions import Cast

from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.models import User
from reference_tokens.models import ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.audit.record import Actor
    from reference_tokens.models import ReferenceTokenQuerySet

SHOWN_AT_MOST = 10
READ_AT_ONCE = 2000
# By the kind of a token and its holder.
Counts = Counter[tuple[str, uuid.UUID | None]]


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """How many tokens of a kind somebody has; without a name: the application itself, without a kind: all others."""

    count: int
    kind: str
    username: str
    name: str


@dataclass(frozen=True, slots=True)
class ApplicationCount:
    """How many tokens an application has; without a name: all others."""

    count: int
    name: str
    application_uri: str


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """A set of tokens: how many, and the owners with most first."""

    count: int
    owners: list[OwnerCount]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tokens that somebody chose: their ids as texts, and how many each owner and each application has."""

    ids: list[str]
    owners: Counts
    applications: Counter[uuid.UUID]


def read_chosen(tokens: ReferenceTokenQuerySet) -> Chosen:
    """Read all of them in one pass, without an object for any.

    In the order of their issue: an index leads to them, and a million rows lie so on the disk.
    """
    texts = [Cast(name, TextField()) for name in ("pk", "holder_id", "application_id")]
    rows: Any = tokens.order_by("issued_at", "pk").values_list(*texts).iterator(READ_AT_ONCE)
    ids: list[str] = []
    holders, applications = Counter[str | None](), Counter[str]()
    while portion := list(islice(rows, READ_AT_ONCE)):
        pks, holder, application = zip(*portion, strict=True)
        ids += pks
        holders.update(holder)
        applications.update(application)
    owners = Counter({owner_of(holder): count for holder, count in holders.items()})
    return Chosen(ids, owners, Counter({uuid.UUID(pk): count for pk, count in applications.items()}))


def id_texts(tokens: ReferenceTokenQuerySet) -> list[str]:
    """The ids of the tokens as texts, of which a fingerprint is made: a hundred thousand objects would be slow."""
    return list(tokens.order_by().values_list(Cast("pk", TextField()), flat=True))


def owner_of(holder: str | None) -> tuple[str, uuid.UUID | None]:
    """The kind of the tokens that somebody holds, and who: a SAT nobody does."""
    return (ReferenceToken.Kind.PAT, uuid.UUID(holder)) if holder else (ReferenceToken.Kind.SAT, None)


def counted_by_owner(tokens: ReferenceTokenQuerySet) -> Counts:
    """How many of the tokens each owner has of a kind; the database counts."""
    counts = tokens.order_by().values_list("kind", "holder").annotate(count=Count("pk"))
    return Counter({(kind, holder): count for kind, holder, count in counts})


def token_group(counts: Counts) -> TokenGroup:
    """The tokens that were counted; the owners with few of them as one. Names are read of those that are shown."""
    # Of those with so many tokens as the last one who is shown, the first by their ids.
    least = min(nlargest(SHOWN_AT_MOST, counts.values()), default=0)
    most_first = sorted(
        (item for item in counts.items() if item[1] >= least), key=lambda item: (-item[1], str(item[0]))
    )
    ordered = most_first[:SHOWN_AT_MOST]
    people = User.objects.in_bulk([holder for (_kind, holder), _count in ordered if holder])
    shown = [owner_count(count, kind, people[holder] if holder else None) for (kind, holder), count in ordered]
    shown.sort(key=lambda owner: (-owner.count, owner.username, owner.kind))
    rest = counts.total() - sum(owner.count for owner in shown)
    return TokenGroup(counts.total(), [*shown, OwnerCount(rest, "", "", "")] if rest else shown)


def owner_count(count: int, kind: str, holder: User | None) -> OwnerCount:
    """So many tokens of a person, or of an application."""
    return OwnerCount(count, kind, holder.username if holder else "", holder.name if holder else "")


def application_counts(counts: Counter[uuid.UUID]) -> list[ApplicationCount]:
    """How many tokens each application has; those with few of them as one."""
    least = min(nlargest(SHOWN_AT_MOST, counts.values()), default=0)
    applications = TrustedApplication.objects.in_bulk([pk for pk, count in counts.items() if count >= least])
    found = [ApplicationCount(counts[pk], one.name, one.application_uri) for pk, one in applications.items()]
    most = sorted(found, key=lambda one: (-one.count, one.application_uri))[:SHOWN_AT_MOST]
    rest = counts.total() - sum(application.count for application in most)
    return [*most, ApplicationCount(rest, "", "")] if rest else most


def lock_actor(actor: Actor) -> None:
    """Lock the row of the person who acts; call it before tokens are locked (POL-3).

    The tokens will point to that row. PostgreSQL checks it when the transaction ends, and then waits for a process
    that deletes the person, which may itself be waiting for the log.
    """
    if actor.user and connection.features.has_select_for_update:
        list(User.objects.filter(pk=actor.user.pk).select_for_update(no_key=True).values_list("pk"))


def lock_tokens(tokens: ReferenceTokenQuerySet) -> bool:
    """Lock the tokens; returns whether there are any. On SQLite the transaction itself is the lock."""
    return lock_rows(tokens) > 0 if connection.features.has_select_for_update else tokens.exists()


def change_as_shown(tokens: ReferenceTokenQuerySet, shown: str | None, **columns: Any) -> int:
    """Change these columns of tokens that are locked; returns how many.

    Raises `SetChanged` where they are not the ones that were `shown` (a fingerprint; None: any will do). None of them
    leaves the set while it is locked; one that joins it after they were read is seen by the count.
    """
    ids = None if shown is None else id_texts(tokens)
    count = tokens.update(**columns)
    if ids is not None and (count != len(ids) or fingerprint(ids) != shown):
        raise SetChanged
    return count


def lock_rows(rows: QuerySet[Any]) -> int:
    """Lock the rows; returns how many, which the database counts: their ids stay there. On SQLite it does nothing.

    In one order, so that two sweeps over the same rows wait for each other instead of deadlocking.
    """
    if not connection.features.has_select_for_update:
        return 0
    locked = rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values("pk")
    try:
        sql, parameters = locked.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS locked", parameters)  # noqa: S608 - Django's own, with placeholders
        return int(cursor.fetchone()[0])
