"""The address that Prometheus asks."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING

import django.db
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.database.name import database_name
from reference_tokens.endpoints.answers import Answer
from reference_tokens.endpoints.health import text_answer, what_is_missing
from reference_tokens.endpoints.http import NOT_FOUND, Problem, Refused, machine_endpoint
from reference_tokens.endpoints.metrics.exposition import CONTENT_TYPE, Metric, gauge, text_of
from reference_tokens.endpoints.metrics.server import database, server
from reference_tokens.endpoints.metrics.tokens import tokens
from reference_tokens.endpoints.metrics.validations import answered, events, validations
from reference_tokens.endpoints.metrics.work import work

if TYPE_CHECKING:
    from reference_tokens.endpoints.requests import Request

logger = logging.getLogger(__name__)

NO_METRICS_TOKEN = Problem(401, "invalid_token", {"WWW-Authenticate": 'Bearer realm="metrics"'})


@machine_endpoint("GET", "HEAD")
def metrics(request: Request) -> Answer:
    """What was counted over all processes, and what is now, in Prometheus' text format; only with METRICS_TOKEN.

    Without a database it tells what can be told without one.
    """
    if not settings.METRICS_TOKEN:
        raise Refused(NOT_FOUND)
    scheme, _space, presented = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    is_ours = hmac.compare_digest(presented.encode(), settings.METRICS_TOKEN.encode())
    if scheme.lower() != "bearer" or not is_ours:
        raise Refused(NO_METRICS_TOKEN)
    try:
        told = [*stored(), is_up(1), *server(database_name())]
    except django.db.Error as error:
        logger.warning("/metrics tells nothing of the database: %s", error, extra={"once_a_minute": ""})
        told = [is_ready(0), is_up(0), *server(connection.display_name)]
    return text_answer(text_of(told), content_type=CONTENT_TYPE)


def stored() -> list[Metric]:
    """What stands in the database; raises `django.db.Error`."""
    return [
        *database(),
        answered(),
        *validations(),
        *events(),
        *work(timezone.now()),
        *tokens(),
        is_ready(0 if what_is_missing() else 1),
    ]


def is_ready(value: int) -> Metric:
    """Whether tokens can be validated."""
    return gauge("ready", "Whether this process can validate tokens.", value)


def is_up(value: int) -> Metric:
    """Whether the database answers."""
    return gauge("database_up", "Whether the database answers.", value)
