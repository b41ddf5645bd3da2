"""What the server answers by itself, before any application is asked: a status in words, nothing of the request.

gunicorn would repeat what it cannot read, with a token that stands in it, and without the headers of other answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokens_project.server import limits
from tokens_project.server.paths import is_machine_path

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_refusal(client: Any, status: int, reason: str, _said: str) -> None:
    """In place of gunicorn's: send the status of a request that cannot be read, or that failed."""
    client.sendall(as_http(status, reason, f"{reason}\n", "text/plain", {}))


def busy_answer(path: str) -> bytes:
    """503, in the form of the address: for what cannot even wait."""
    kind, text = (
        ("application/json", '{"error": "temporarily_unavailable"}')
        if is_machine_path(path)
        else ("text/plain", "Too many requests wait already. Try again in a moment.\n")
    )
    return as_http(503, "Service Unavailable", text, kind, {"Retry-After": str(limits.BUSY_SECONDS)})


def as_http(status: int, reason: str, text: str, kind: str, headers: Mapping[str, str]) -> bytes:
    """The last answer on a connection, with the headers of every answer (T42, T43)."""
    # Not before Django is set up.
    from reference_tokens.endpoints.answers import hardened  # noqa: PLC0415 - as it says

    said = hardened(text.encode("ascii"), kind, status, headers)
    lines = [f"HTTP/1.1 {status} {reason}", "Connection: close", *(f"{name}: {value}" for name, value in said.headers)]
    return "\r\n".join((*lines, "", "")).encode("ascii") + said.content
