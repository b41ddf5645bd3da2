"""Refusals of an introspection."""

from __future__ import annotations

from typing import Any


def refused(response: Any, status: int, error: str) -> bool:
    """Whether this is the JSON of that problem, and no more."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert response["Cache-Control"] == "no-store"
    return bool(response.content == b'{"error": "' + error.encode() + b'"}')


def unauthorised(response: Any) -> bool:
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'
    return refused(response, 401, "invalid_client")
