"""Storing entries of the outbox, in the transaction of the change that they tell of."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.db import transaction

from accounts.database.set_inserts import insert_selected
from accounts.models import OutboxEntry
from accounts.outbox.kinds import kind_named
from accounts.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from django.db.models import QuerySet

    from accounts.models import User

PURPOSE = b"mails"
# The queue of what `send_due_mails` sends.
MAILS = ""
# Set after each commit that stored an entry; the background worker waits for it.
entries_are_due = threading.Event()


class Unreadable(Exception):
    """The content of an entry was sealed under a key that this process lacks."""


def add_sealed(  # noqa: PLR0913 - each is a column
    kind: str,
    content: dict[str, Any],
    *,
    now: datetime,
    lifetime: timedelta,
    user: User | None = None,
    link: bytes | None = None,
) -> None:
    """Store an entry whose content is sealed: links open accounts, and where people type names they type passwords."""
    OutboxEntry.objects.create(
        kind=kind,
        is_urgent=kind_named(kind).is_urgent,
        user=user,
        link=link,
        content=seal(json.dumps(content), purpose=PURPOSE),
        created_at=now,
        due_at=now,
        expires_at=now + lifetime,
    )
    wake_sender_after_commit()


def add_references(kind: str, rows: QuerySet[Any], *, now: datetime) -> None:
    """Store an entry for each row of a kind's own table; such an entry does not expire."""
    common = {"kind": kind, "is_urgent": kind_named(kind).is_urgent, "content": "", "attempts": 0}
    insert_selected(OutboxEntry, ["reference"], rows.values_list("pk"), **common, created_at=now, due_at=now)
    wake_sender_after_commit()


def add_to_queue(queue: str, kind: str, references: Iterable[int], *, now: datetime) -> None:
    """Store an entry of a queue that its app empties itself, for each of these rows; such an entry does not expire."""
    common = {"queue": queue, "kind": kind, "is_urgent": False, "created_at": now, "due_at": now}
    OutboxEntry.objects.bulk_create([OutboxEntry(reference=reference, **common) for reference in references])


def wake_sender_after_commit() -> None:
    """Let what this transaction stored be sent soon after its commit."""
    transaction.on_commit(entries_are_due.set)


def content_of(entry: OutboxEntry) -> dict[str, Any]:
    """The sealed content; raises `Unreadable`."""
    try:
        content: dict[str, Any] = json.loads(unseal(entry.content, purpose=PURPOSE))
    except InvalidToken as error:
        raise Unreadable("SECRET_KEY changed, and SECRET_KEY_FALLBACKS lacks the old one") from error
    return content
