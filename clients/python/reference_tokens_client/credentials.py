"""Reading the one credential of a request, as the service itself does at forward auth (RFC 6750 §2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reference_tokens_client.refusals import Refused

MAXIMUM_LENGTH = 4096
# Visible ASCII without the comma: a server joins repeated headers with one, and of two credentials neither is taken.
BEARER = re.compile(r"bearer +([!-+\--~]+)\Z", re.IGNORECASE)
BARE = re.compile(r"([!-+\--~]+)\Z")
HEADERS = {"authorization": BEARER, "x-api-key": BARE, "api-key": BARE}


def presented_token(headers: Iterable[tuple[str, str]]) -> str:
    """The text presented as a token, in one of the headers `Authorization: Bearer`, `X-Api-Key` and `Api-Key`.

    An empty header is none. Raises `Refused` where there is no credential, or several, or one that cannot be read.
    """
    sent = [(HEADERS.get(name.lower()), value) for name, value in headers]
    present = [(pattern, value) for pattern, value in sent if pattern and value and not value.isspace()]
    if not present:
        raise Refused(401)
    pattern, value = present[0]
    match = pattern.match(value) if len(present) == 1 and len(value) <= MAXIMUM_LENGTH else None
    if match is None:
        raise Refused(401, "invalid_request")
    return match[1]
