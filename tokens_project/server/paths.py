"""What the server knows of an address before it is answered."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from gunicorn import util

HEALTH_PATH = "/healthz"
LEAKS = "/leaks/"
# A report of a thousand leaked tokens, or a configuration.
OF_LONG_BODIES = (LEAKS, "/api/v1/")


def path_of(request: Any) -> str:
    """The path as the application will see it."""
    return str(util.unquote_to_wsgi_str(request.path))


@cache
def addresses() -> ModuleType:
    """The machine addresses; looked for at the first request, since Django is set up by then, and not before."""
    from reference_tokens.endpoints import routes  # noqa: PLC0415 - as it says

    return routes


def is_machine_path(path: str) -> bool:
    """Whether the address is one for machines."""
    return addresses().machine_view(path) is not None


def only_reads(path: str, method: str) -> bool:
    """Whether a request is answered by reading a few rows, waits for no lock, and may be answered by the event loop."""
    return bool(addresses().only_reads(path, method))


def is_about_leaks(path: str) -> bool:
    """Whether somebody reports leaked tokens there: the answer waits for its moment."""
    return path.startswith(LEAKS)


def takes_long_bodies(path: str) -> bool:
    """Whether a body there may be longer than that of a page."""
    return path.startswith(OF_LONG_BODIES)


def reads_no_body(path: str) -> bool:
    """Forward auth never reads a body: what a proxy passes on there is the head of another request (contract 4.4)."""
    return path.startswith("/auth/")
