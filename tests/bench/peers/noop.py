"""A WSGI callable that does nothing: what the server alone costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HEADERS = [("Content-Type", "application/json"), ("Content-Length", "16")]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", HEADERS)
    return [b'{"active": true}']
