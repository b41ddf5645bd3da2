"""`/leaks/…` (contract 4.7): who finds tokens where others can read them says so, without being anybody.

The answer is the same whether any of them was good, and so is the time until it comes.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.audit.record import Actor, Source
from accounts.http import client_address
from accounts.limits.rates import CannotCount, Limits, TooManyAttempts, count_attempt
from reference_tokens.endpoints.answers import json_answer
from reference_tokens.endpoints.http import (
    ACT_SECONDS,
    INVALID_REQUEST,
    NOT_FOUND,
    UNAVAILABLE,
    Problem,
    Refused,
    body_length,
    machine_endpoint,
)
from reference_tokens.leaks.github import is_signed, queue_records
from reference_tokens.leaks.github_keys import KeysUnavailable, known_keys
from reference_tokens.leaks.reports import report_leak
from reference_tokens.models import LeakReport

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request

logger = logging.getLogger(__name__)

MOST_TOKENS = 1_000
# What so many tokens, their JSON and an address take; the server waits for no longer body at these addresses.
LONGEST_BODY = 131_072
REPORTS, OF_GITHUB = Limits("leaks", 60, address=60), Limits("leaks_github", 60, address=600)
ACCEPTED = b"{}"
# An answer comes after a whole number of these, each longer than it takes to revoke what is good.
MOMENT, MOMENT_OF_EACH = 0.1, 0.0002


@machine_endpoint("POST", patience=ACT_SECONDS)
@sensitive_variables("tokens", "report")
def revoke(request: Request) -> Answer:
    """Revoke those of the reported values that are tokens; 202, whatever they are."""
    length = body_length(request, LONGEST_BODY)
    count_report(request, REPORTS)
    begun = time.monotonic()
    report = json_object(request.read(length))
    tokens, url = reported_tokens(report), reported_url(report)
    actor = Actor(Source.API, "leak_reporter", address=client_address(request))
    report_leak(tokens, url=url, origin=LeakReport.Origin.ANYBODY, actor=actor, now=timezone.now())
    wait_for_moment(begun, MOMENT + MOMENT_OF_EACH * len(tokens))
    return json_answer(ACCEPTED, 202)


@machine_endpoint("POST", patience=ACT_SECONDS)
@sensitive_variables("body", "records")
def github(request: Request) -> Answer:
    """Take the signed records of GitHub's secret scanning, to be worked on behind the answer: 202.

    What a signature cannot be checked for is 503, since GitHub then knows that nobody has the record.
    """
    if not settings.LEAK_GITHUB_KEYS_URL:
        raise Refused(NOT_FOUND)
    length = body_length(request, LONGEST_BODY)
    count_report(request, OF_GITHUB)
    body = request.read(length)
    require_signature(request, body)
    records = json_in(body)
    if not isinstance(records, list):
        raise malformed("The body is not a JSON array.")
    queue_records(records, address=client_address(request), now=timezone.now())
    return json_answer(ACCEPTED, 202)


def require_signature(request: Request, body: bytes) -> None:
    """Raise `Refused` for a body that GitHub did not sign, and where its keys cannot be had."""
    key_id, signature = (request.META.get(f"HTTP_GITHUB_PUBLIC_KEY_{name}", "") for name in ("IDENTIFIER", "SIGNATURE"))
    if not key_id or not signature:
        raise malformed("The request is not signed.")
    try:
        key = known_keys(settings.LEAK_GITHUB_KEYS_URL).find(key_id)
    except KeysUnavailable:
        raise Refused(UNAVAILABLE) from None
    if key is None or not is_signed(body, signature, key):
        raise malformed("The signature does not fit.")


def count_report(request: Request, limits: Limits) -> None:
    """Count the request for its address; raises `Refused`: 429 for one too many, 503 where nobody can count."""
    try:
        count_attempt(request, limits)
    except TooManyAttempts as too_many:
        raise Refused(Problem(429, "too_many_requests", {"Retry-After": str(too_many.seconds)})) from None
    except CannotCount as error:
        logger.warning("reports of leaks cannot be counted: %s", error.__cause__, extra={"once_a_minute": ""})
        raise Refused(UNAVAILABLE) from None


@sensitive_variables("body", "document")
def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; raises `Refused` for anything else."""
    document = json_in(body)
    if not isinstance(document, dict):
        raise malformed("The body is not a JSON object.")
    return document


@sensitive_variables("body")
def json_in(body: bytes) -> Any:
    """What a body says; raises `Refused` where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise malformed("The body is not JSON.") from None


@sensitive_variables("report", "tokens")
def reported_tokens(report: dict[str, Any]) -> list[str]:
    """The reported values; raises `Refused` where they are no list of texts, or too many."""
    tokens = report.get("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise malformed('"tokens" must be a list of texts.')
    if len(tokens) > MOST_TOKENS:
        raise malformed(f'"tokens" must hold at most {MOST_TOKENS} texts.')
    return tokens


@sensitive_variables("report", "url")
def reported_url(report: dict[str, Any]) -> str:
    """Where they were seen; empty where the report does not say. Raises `Refused` for what is no text."""
    url = report.get("url")
    if not isinstance(url, str | None):
        raise malformed('"url" must be a text.')
    return url or ""


def malformed(description: str) -> Refused:
    """400, with what is wrong; nothing of the body is repeated."""
    return Refused(INVALID_REQUEST._replace(description=description))


def wait_for_moment(begun: float, moment: float) -> None:
    """Wait until a whole number of these moments is over, so that the time tells nothing of what was done meanwhile."""
    time.sleep((begun - time.monotonic()) % moment)
