"""Sets of tokens that somebody is about to change: their numbers, their owners and their locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count

from accounts.models import User

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet

    from accounts.audit.record import Actor
    from reference_tokens.models import ReferenceTokenQuerySet

SHOWN_AT_MOST = 10


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
    # Their ids, where something can be done to the set.
    ids: list[uuid.UUID]


def token_group(tokens: ReferenceTokenQuerySet, *, with_ids: bool) -> TokenGroup:
    """The tokens, counted by kind and owner; the owners with few of them as one."""
    ids = list(tokens.order_by("pk").values_list("pk", flat=True)) if with_ids else []
    total = len(ids) if with_ids else tokens.count()
    counts = tokens.order_by().values("kind", "holder__name", "holder__username").annotate(count=Count("pk"))
    most = [
        OwnerCount(row["count"], row["kind"], row["holder__username"] or "", row["holder__name"] or "")
        for row in counts.order_by("-count", "holder__username")[:SHOWN_AT_MOST]
    ]
    rest = total - sum(owner.count for owner in most)
    owners = [*most, OwnerCount(rest, "", "", "")] if rest else most
    return TokenGroup(total, owners, ids)


def counts_by_application(tokens: ReferenceTokenQuerySet, total: int) -> list[ApplicationCount]:
    """So many tokens, counted by application; the applications with few of them as one."""
    counts = tokens.order_by().values("application__name", "application__application_uri").annotate(count=Count("pk"))
    most = [
        ApplicationCount(row["count"], row["application__name"], row["application__application_uri"])
        for row in counts.order_by("-count", "application__application_uri")[:SHOWN_AT_MOST]
    ]
    rest = total - sum(application.count for application in most)
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
