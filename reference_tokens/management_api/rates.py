"""How many requests a token may make in a minute (`API_RATE`), and the headers that say how many are left.

RateLimit header fields for HTTP, draft-ietf-httpapi-ratelimit-headers-11. Minutes begin for everybody at the same time.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.limits.rates import CannotCount, count_in_window
from reference_tokens.management_api.problems import Problem

if TYPE_CHECKING:
    from uuid import UUID

SECONDS = 60
POLICY = "per-token"


def count_request(token_id: UUID) -> dict[str, str]:
    """Count a request of the token; returns the headers of its answer. Raises `Problem` 429 for one too many.

    Where requests cannot be counted nobody is refused: who asks is known, and the database says the rest.
    """
    most = settings.API_RATE
    if not most:
        return {}
    window, gone = divmod(int(time.time()), SECONDS)
    try:
        count = count_in_window(f"management API {token_id} {window}", SECONDS)
    except CannotCount:
        return {}
    left = SECONDS - gone
    headers = {
        "RateLimit-Policy": f'"{POLICY}";q={most};w={SECONDS}',
        "RateLimit": f'"{POLICY}";r={max(0, most - count)};t={left}',
    }
    if count > most:
        detail = f"The token has made {most} requests in this minute."
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers | {"Retry-After": str(left)})
    return headers
