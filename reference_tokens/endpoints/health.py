"""Whether the service lives, whether it can work, and what it has counted (contract 4.8)."""

from __future__ import annotations

import hmac
import logging
from functools import cache
from typing import TYPE_CHECKING

import django.db
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Sum

from accounts.database.audit_triggers import missing_triggers
from accounts.outbox.delivery import mails_waiting
from reference_tokens.endpoints.answers import NO_HEADERS, Answer, hardened
from reference_tokens.endpoints.http import (
    NOT_FOUND,
    RETRY_AFTER_SECONDS,
    Problem,
    Refused,
    machine_endpoint,
)
from reference_tokens.maintenance.housekeeping import last_done_at
from reference_tokens.models import AnswerCount
from reference_tokens.models.search_tables import keeps_search
from reference_tokens.restoring.holding import fence_is_owed
from reference_tokens.validation.validate import ring_is_incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_tokens.endpoints.requests import Request

logger = logging.getLogger(__name__)

NO_METRICS_TOKEN = Problem(401, "invalid_token", {"WWW-Authenticate": 'Bearer realm="metrics"'})
METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
    except django.db.Error:
        return "the database"
    return ""


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
    except django.db.Error:
        return "the database"
    return f"triggers of the audit log: {', '.join(gone)} (docs/audit-log.md)" if gone else ""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that this release brings; read once, since they cannot change while the process runs."""
    return frozenset(MigrationLoader(None).graph.nodes)


@machine_endpoint("GET", "HEAD")
def metrics(request: Request) -> Answer:
    """What was answered, counted over all processes, in Prometheus' text format; only with METRICS_TOKEN."""
    if not settings.METRICS_TOKEN:
        raise Refused(NOT_FOUND)
    presented = request.META.get("HTTP_AUTHORIZATION", "").encode()
    if not hmac.compare_digest(presented, f"Bearer {settings.METRICS_TOKEN}".encode()):
        raise Refused(NO_METRICS_TOKEN)
    counts = AnswerCount.objects.order_by("client_id", "outcome").values_list("client_id", "outcome")
    lines = [
        "# HELP reference_tokens_answers_total Validations answered, by Resource Server and outcome.",
        "# TYPE reference_tokens_answers_total counter",
        *(
            f'reference_tokens_answers_total{{client_id="{client_id}",outcome="{outcome}"}} {total}'
            for client_id, outcome, total in counts.annotate(total=Sum("count"))
        ),
        *housekeeping_lines(),
        "# HELP reference_tokens_mails_waiting Mails that are yet to be sent.",
        "# TYPE reference_tokens_mails_waiting gauge",
        f"reference_tokens_mails_waiting {mails_waiting()}",
        "# HELP reference_tokens_ready Whether this process can validate tokens.",
        "# TYPE reference_tokens_ready gauge",
        f"reference_tokens_ready {0 if what_is_missing() else 1}",
    ]
    return text_answer("\n".join(lines) + "\n", content_type=METRICS_CONTENT_TYPE)


def housekeeping_lines() -> list[str]:
    """When housekeeping was last done, as Prometheus reads it; nothing where it never was."""
    done_at = last_done_at()
    if done_at is None:
        return []
    return [
        "# HELP reference_tokens_housekeeping_timestamp_seconds When housekeeping was last done (Unix time).",
        "# TYPE reference_tokens_housekeeping_timestamp_seconds gauge",
        f"reference_tokens_housekeeping_timestamp_seconds {int(done_at.timestamp())}",
    ]
