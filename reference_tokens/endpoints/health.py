"""Whether the service lives, and whether it can work (contract 4.8)."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import django.db
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from accounts.database.audit_triggers import missing_triggers
from accounts.database.errors import cause_of
from reference_tokens.endpoints.answers import NO_HEADERS, Answer, hardened
from reference_tokens.endpoints.http import RETRY_AFTER_SECONDS, machine_endpoint
from reference_tokens.models.search_tables import keeps_search
from reference_tokens.restoring.holding import fence_is_owed
from reference_tokens.validation.validate import ring_is_incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.endpoints.requests import Request

logger = logging.getLogger(__name__)


def text_answer(
    text: str, *, status: int = 200, content_type: str = "text/plain", headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    """A short text."""
    return hardened(text.encode(), content_type, status, headers)


@machine_endpoint("GET", "HEAD")
def healthz(_request: Request) -> Answer:
    """The process serves."""
    return text_answer("ok\n")


@machine_endpoint("GET", "HEAD")
def readyz(_request: Request) -> Answer:
    """The process can do its work; 503 names what it lacks."""
    missing = what_is_missing() or what_is_unprotected()
    if not missing:
        return text_answer("ready\n")
    return text_answer(f"missing: {missing}\n", status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})


def what_is_missing() -> str:
    """The first thing without which tokens cannot be validated; empty where nothing lacks."""
    try:
        applied = MigrationRecorder(connection).applied_migrations().keys()
        if not (known_migrations() <= applied and keeps_search(connection.alias)):
            return f"migrations (run {settings.COMMAND} migrate)"
        if ring_is_incomplete():
            return "a key in TOKEN_HASH_KEYS that stored digests need"
        if fence_is_owed():
            return "FENCE_FILE, which the database is yet to be held against"
    except django.db.Error as error:
        return told(error)
    return ""


def told(error: django.db.Error) -> str:
    """What is missing where the database refuses; why it does is for the log alone, once a minute."""
    logger.warning("the database refuses: %s", cause_of(error), extra={"once_a_minute": ""})
    return "the database"


def tell_what_is_missing() -> None:
    """Say in the log, at the start, why `/readyz` answers 503: all else works by itself once that is mended."""
    missing = what_is_missing()
    # The server processes are forked from this one, and a connection must not be shared between processes.
    connection.close()
    if missing:
        logger.warning("/readyz answers 503 as long as this is missing: %s", missing)


def what_is_unprotected() -> str:
    """What keeps the audit log from being changed, and is gone (AUD-2); empty where nothing is."""
    try:
        gone = missing_triggers()
    except django.db.Error as error:
        return told(error)
    return f"triggers of the audit log: {', '.join(gone)} (docs/audit-log.md)" if gone else ""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that this release brings; read once, since they cannot change while the process runs."""
    return frozenset(MigrationLoader(None).graph.nodes)
