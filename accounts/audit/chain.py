"""The chain of the audit log: each entry holds the hash of the one before it, and one row the hash of the last."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from accounts.at_hand import connection_at_hand
from accounts.database.compiled_query import compiled, fetched
from accounts.database.compiled_rows import insertion, values_of
from accounts.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

GENESIS_HASH = bytes(32)
HEAD = f'"{AuditHead._meta.db_table}"'
# The first columns of an entry, which only the head tells.
OF_THE_CHAIN = ("seq", "previous_hash")

as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


class StoredEntry(NamedTuple):
    """The columns of an entry as they were read, without the object around them."""

    seq: int
    previous_hash: bytes
    at: datetime
    action: str
    source: str
    actor_type: str
    actor_id: str
    target_type: str
    target_id: str
    address: str | None
    request_id: str
    details: Any


def append(events: list[AuditEvent]) -> None:
    """Number the entries, chain them and store them.

    The head of the chain stays locked until the transaction ends: from here on everybody else who acts waits for that.
    """
    if len(events) == 1 and connection.vendor == "postgresql":
        append_on_server(events[0])
        return
    [[seq, last_hash]] = compiled(locked_head).rows()
    head = AuditHead(seq=seq, hash=bytes(last_hash))
    for event in events:
        head.seq += 1
        event.seq, event.previous_hash = head.seq, head.hash
        head.hash = entry_hash(event)
    with connection.cursor() as cursor:
        if len(events) == 1:
            cursor.execute(insertion(AuditEvent), values_of(events[0]))
        else:
            AuditEvent.objects.bulk_create(events)
        cursor.execute(f"UPDATE {HEAD} SET seq = %s, hash = %s", [head.seq, bytes(head.hash)])  # noqa: S608 - Django's own name


def locked_head() -> QuerySet[Any, Any]:
    """The end of the chain, locked until the transaction ends."""
    return AuditHead.objects.select_for_update().values_list("seq", "hash")


def lock_chain() -> None:
    """Wait for everybody who has written an entry, and let nobody write one before this transaction ends."""
    compiled(locked_head).rows()


def append_on_server(event: AuditEvent) -> None:
    """Append an entry by one statement, which computes the hash as `entry_hash` does.

    Everybody else waits for one way there and back in place of two, and for nothing that Python does in between.
    """
    values = [*canonical_parts(event), *values_of(event)[len(OF_THE_CHAIN) :]]
    [[event.seq, event.previous_hash]] = fetched(connection_at_hand(), appending(), values, keeps_form=True)


@lru_cache
def appending() -> str:
    """The statement of PostgreSQL that locks the head, moves it, and inserts the entry that it moves to."""
    columns = [f'"{field.column}"' for field in AuditEvent._meta.concrete_fields if field.column not in OF_THE_CHAIN]
    places = ", ".join(["%s"] * len(columns))
    return f"""
        WITH moved AS (
            UPDATE {HEAD} SET seq = last.seq + 1, hash = sha256(convert_to(
                %s::text || encode(last.hash, 'hex') || %s::text || (last.seq + 1)::text || %s::text, 'UTF8'))
            FROM (SELECT seq, hash FROM {HEAD} FOR UPDATE) AS last
            RETURNING last.seq + 1 AS seq, last.hash AS previous_hash
        )
        INSERT INTO "{AuditEvent._meta.db_table}" (seq, previous_hash, {", ".join(columns)})
        SELECT seq, previous_hash, {places} FROM moved RETURNING seq::bigint, previous_hash::bytea
    """  # noqa: S608 - Django's own names


def entry_hash(event: AuditEvent | StoredEntry) -> bytes:
    """SHA-256 over every column of an entry, the hash of the entry before it included."""
    first, second, third = canonical_parts(event)
    canonical = f"{first}{bytes(event.previous_hash).hex()}{second}{event.seq}{third}"
    return hashlib.sha256(canonical.encode("ascii")).digest()


def canonical_parts(event: AuditEvent | StoredEntry) -> tuple[str, str, str]:
    """The columns as JSON with sorted names, around the two that the end of the chain tells: `previous_hash`, `seq`."""
    first = as_json(
        {
            "action": event.action,
            "actor": [event.actor_type, event.actor_id],
            "address": canonical_address(event.address),
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "details": event.details,
        }
    )
    second = as_json({"request_id": event.request_id})
    third = as_json({"source": str(event.source), "target": [event.target_type, event.target_id]})
    return f'{first[:-1]},"previous_hash":"', f'",{second[1:-1]},"seq":', f",{third[1:]}"


def canonical_address(text: str | None) -> str | None:
    """An IP address in the one form that is hashed; callers and databases write it in several."""
    if text is None:
        return None
    # PostgreSQL refuses the zone of a link-local address (fe80::1%eth0), which means nothing on another machine.
    address = ipaddress.ip_address(text.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)
