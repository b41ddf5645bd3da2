"""Reading the one credential of a request at forward auth and `/api/token` (RFC 6750 §2.1, contract 4.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reference_tokens.endpoints.http import MAXIMUM_HEADER_LENGTH

if TYPE_CHECKING:
    from reference_tokens.endpoints.requests import Asked

# Visible ASCII without the comma: a server joins repeated headers with one, and of two credentials neither is taken.
BEARER = re.compile(r"bearer +([!-+\--~]+)\Z", re.IGNORECASE)
BARE = re.compile(r"([!-+\--~]+)\Z")
HEADERS = (("HTTP_AUTHORIZATION", BEARER), ("HTTP_X_API_KEY", BARE), ("HTTP_API_KEY", BARE))


class NoCredential(Exception):
    """The request carries no credential."""


class MalformedCredential(Exception):
    """The request carries several credentials, or one that cannot be read."""


def presented_token(request: Asked) -> str:
    """The text presented as a token, in one of the headers `Authorization: Bearer`, `X-Api-Key` and `Api-Key`.

    Never from the query, a cookie or the body; an empty header is none, since clients and proxies send one beside
    another. Raises `NoCredential` and `MalformedCredential`.
    """
    sent = ((request.META.get(name), pattern) for name, pattern in HEADERS)
    present = [(value, pattern) for value, pattern in sent if value and not value.isspace()]
    if not present:
        raise NoCredential
    value, pattern = present[0]
    match = pattern.match(value) if len(present) == 1 and len(value) <= MAXIMUM_HEADER_LENGTH else None
    if match is None:
        raise MalformedCredential
    return match[1]
