"""The id of each request: its log lines, its audit entries and what a person was shown are found together by it."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

from accounts.headers.forwarded import written_by_trusted

HEADER = "X-Request-Id"
# The same header as WSGI names it, and where the id stands in the environment of a request once somebody has asked.
GIVEN, KNOWN = "HTTP_X_REQUEST_ID", "reference_tokens.request_id"
# Where the server says since when the whole request is there: it may have waited for a thread.
ARRIVED_AT = "reference_tokens.arrived_at"
# As long as an audit entry keeps, and no token or secret: the id stands in logs and on pages.
WELL_FORMED = re.compile(r"(?!.*enr[ts]_)[A-Za-z0-9._-]{1,60}", re.IGNORECASE)


class _Current(threading.local):
    environ: dict[str, Any] | None = None
    # Since when the request waits for its answer, by the monotonic clock; 0 outside of one.
    began: float = 0.0


# The environment of the request that this thread answers, and since when it waits.
current = _Current()


def request_id_of(environ: dict[str, Any]) -> str:
    """The id that the outermost trusted proxy gave the request; else one that is made, where it is first asked for."""
    if KNOWN not in environ:
        given = written_by_trusted(environ, GIVEN)
        environ[KNOWN] = next(filter(WELL_FORMED.fullmatch, given), "") or str(uuid.uuid4())
    return str(environ[KNOWN])


def current_request_id() -> str:
    """The id of the request that this thread answers; empty outside of one."""
    return "" if current.environ is None else request_id_of(current.environ)
