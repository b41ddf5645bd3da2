"""What the server knows of an address before it is answered."""

from __future__ import annotations

from typing import Any

from gunicorn import util

HEALTH_PATH = "/healthz"


def path_of(request: Any) -> str:
    """The path as the application will see it."""
    return str(util.unquote_to_wsgi_str(request.path))


def is_machine_path(path: str) -> bool:
    """Whether the address is one for machines."""
    from reference_tokens.endpoints.routes import machine_view  # noqa: PLC0415 - Django is set up by now, and not before

    return machine_view(path) is not None


def reads_no_body(path: str) -> bool:
    """Forward auth never reads a body: what a proxy passes on there is the head of another request (contract 4.4)."""
    return path.startswith("/auth/")
