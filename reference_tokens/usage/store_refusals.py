"""Storing refusals (TOK-16): one row a minute for each token and Resource Server, in few statements."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.database.locks import let_others_write
from reference_tokens.models import ReferenceToken, RefusalCount, ResourceServer
from reference_tokens.usage.statements import ROWS_AT_ONCE, among, insert_rows, quoted, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from reference_tokens.usage.noted_refusals import NotedRefusals, RefusalKey, Refusals


COLUMNS = (
    *("token_id", "application_id", "server_id", "minute"),
    *("reason", "door", "address", "count", "first_at", "last_at"),
)
# The constraint that a row meets, by whether it has a token, and a Resource Server; in the order of `in_order`.
# What has neither is on no page, and is left out.
ONE_A_MINUTE = {
    (False, True): "(server_id, reason, minute) WHERE token_id IS NULL",
    (True, False): "(token_id, minute) WHERE server_id IS NULL",
    (True, True): "(token_id, server_id, minute)",
}


def store_refusals(noted: NotedRefusals) -> None:
    """Store the refusals, in one order of rows, so that two processes cannot deadlock.

    A portion is one transaction. What is stored leaves what is noted: nothing is counted twice after a failure.
    """
    for keys in portions(noted):
        store_portion({key: noted.rows[key] for key in keys})
        noted.remove(keys)
        if noted.rows:
            let_others_write()


def portions(noted: NotedRefusals) -> list[list[RefusalKey]]:
    """What is noted, so many rows at a time."""
    keys = sorted(noted.rows, key=in_order)
    return [keys[start : start + ROWS_AT_ONCE] for start in range(0, len(keys), ROWS_AT_ONCE)]


def shape_of(key: RefusalKey) -> tuple[bool, bool]:
    """Whether the row has a token, and a Resource Server."""
    return key.token_id is not None, key.server_id is not None


def in_order(key: RefusalKey) -> tuple[tuple[bool, bool], str, int, datetime, str]:
    """The order in which the rows of every process are written."""
    return shape_of(key), str(key.token_id), key.server_id or 0, key.minute, key.reason


@transaction.atomic
def store_portion(noted: Mapping[RefusalKey, Refusals]) -> None:
    """Add to the rows of these minutes, and make those that are not there yet.

    A token or a Resource Server may be gone by now: what is of it is left out, and holds up nothing.
    """
    tokens = ReferenceToken.objects.filter(pk__in=among({key.token_id for key in noted if key.token_id}))
    applications = dict(tokens.values_list("pk", "application_id"))
    servers = ResourceServer.objects.filter(pk__in={key.server_id for key in noted if key.server_id})
    known = {None, *applications, *servers.values_list("pk", flat=True)}
    rows: dict[tuple[bool, bool], list[list[Any]]] = defaultdict(list)
    for key, refusals in noted.items():
        if key.token_id in known and key.server_id in known:
            rows[shape_of(key)].append(row_of(key, refusals, applications))
    for shape, target in ONE_A_MINUTE.items():
        insert_rows(RefusalCount, COLUMNS, rows[shape], f"{target} DO UPDATE SET {added()}")


def row_of(key: RefusalKey, refusals: Refusals, applications: Mapping[UUID, UUID]) -> list[Any]:
    """The row of a minute, in the order of the columns."""
    last = refusals.last
    application_id = applications[key.token_id] if key.token_id else None
    # One and the same text may be a member of an enumeration here and a string there.
    words = map(str, (last.reason, last.door))
    times = (refusals.first_at, refusals.last_at)
    return [key.token_id, application_id, key.server_id, key.minute, *words, last.address, refusals.count, *times]


def added() -> str:
    """What becomes of a row that is there already: the counts add up, and the rest is of the last time."""
    table = table_of(RefusalCount)
    count, first, last = quoted(("count", "first_at", "last_at"))
    is_first, is_last = f"excluded.{first} < {table}.{first}", f"excluded.{last} >= {table}.{last}"
    taken = {first: is_first, **dict.fromkeys((*quoted(("reason", "door", "address")), last), is_last)}
    return ", ".join(
        [
            f"{count} = {table}.{count} + excluded.{count}",
            *(f"{name} = CASE WHEN {now} THEN excluded.{name} ELSE {table}.{name} END" for name, now in taken.items()),
        ]
    )
