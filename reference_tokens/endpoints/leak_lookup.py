"""`POST /leaks/lookup` (contract 4.7): a scanner learns which of its finds are live here, and sends none of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from accounts.limits.rates import Limits
from reference_tokens.endpoints.answers import encoded, json_answer
from reference_tokens.endpoints.http import MAXIMUM_BODY_LENGTH, NOT_FOUND, Refused, body_length, machine_endpoint
from reference_tokens.endpoints.leaks import count_report, json_object, malformed
from reference_tokens.leaks.lookup import look_up

if TYPE_CHECKING:
    from reference_tokens.endpoints.answers import Answer
    from reference_tokens.endpoints.requests import Request

LOOKUPS = Limits("leak_lookups", 60, address=60)
MOST_PREFIXES = 100
PREFIX = re.compile(r"[0-9a-f]{5}")


@machine_endpoint("POST")
def lookup(request: Request) -> Answer:
    """The rests of the live tokens whose SHA-256 begins with one of the prefixes, among made-up ones."""
    if not settings.LEAK_LOOKUP:
        raise Refused(NOT_FOUND)
    length = body_length(request, MAXIMUM_BODY_LENGTH)
    count_report(request, LOOKUPS)
    prefixes = asked_prefixes(json_object(request.read(length)))
    return json_answer(encoded(look_up(prefixes, now=timezone.now())))


def asked_prefixes(document: dict[str, Any]) -> list[str]:
    """The prefixes, each once; raises `Refused` where they are no list of such, or too many."""
    prefixes = document.get("prefixes")
    if not isinstance(prefixes, list) or not all(isinstance(one, str) and PREFIX.fullmatch(one) for one in prefixes):
        raise malformed('"prefixes" must be a list of texts, each of 5 lower-case hexadecimal digits.')
    if len(prefixes) > MOST_PREFIXES:
        raise malformed(f'"prefixes" must hold at most {MOST_PREFIXES} texts.')
    return list(dict.fromkeys(prefixes))
