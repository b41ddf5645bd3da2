"""Somebody who opens the database beside the service, and counts what is there."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from tests.faults.kills.wire import PATIENCE

TOKENS = "SELECT id, revoked_at IS NOT NULL FROM reference_tokens_referencetoken"
OF_OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"
OPEN = f"SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND {OF_OTHERS}"
ENTRIES = "SELECT action, target_id, details FROM accounts_auditevent WHERE action LIKE 'token:%'"


class Stored(NamedTuple):
    """Every token, and whether it is revoked; and what of the audit log does not fit to it."""

    tokens: dict[UUID, bool]
    misfits: list[str]


def stored(url: str) -> Stored:
    """What is stored behind a DATABASE_URL, read by a connection of its own."""
    tokens = {UUID(str(pk)): bool(is_revoked) for pk, is_revoked in rows(url, TOKENS)}
    issued, revoked, together = Counter[UUID](), Counter[UUID](), 0
    for action, target, details in rows(url, ENTRIES):
        if action == "token:issue":
            issued[UUID(target)] += 1
        elif action == "token:revoke":
            revoked[UUID(target)] += 1
        elif action == "token:revoke_many":
            together += (json.loads(details) if isinstance(details, str) else details)["count"]
    misfits = []
    if issued != Counter(tokens.keys()):
        misfits.append("not each token has exactly one entry of its issue (I3)")
    ended = [pk for pk, is_revoked in tokens.items() if is_revoked]
    if set(revoked.values()) - {1} or revoked.keys() - set(ended) or len(revoked) + together != len(ended):
        misfits.append("not each revocation has exactly one entry (I3)")
    return Stored(tokens, misfits)


def rows(url: str, sql: str) -> list[Any]:
    """What a statement finds."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(urlsplit(url).path)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        wait_for_open_transactions(connection)
        return connection.execute(sql).fetchall()


def wait_for_open_transactions(connection: psycopg.Connection[Any]) -> None:
    """PostgreSQL ends the transaction of a process that was killed at its commit by itself, and in its own time."""
    deadline = time.monotonic() + PATIENCE
    while connection.execute(OPEN).fetchone() != (0,):
        assert time.monotonic() < deadline, "a transaction does not end"
        time.sleep(0.01)
