"""The health addresses, asked of a running server."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from tests.gunicorn import Answer, Gunicorn

METRICS_TOKEN = "for-tests-only-metrics-0123456789abcdefghij"
BEARER = {"authorization": f"Bearer {METRICS_TOKEN}"}


def fail(*_args: Any) -> None:
    raise OperationalError("the server closed the connection")


def get(live: Gunicorn, path: str, *lines: str) -> Answer:
    head = [f"GET {path} HTTP/1.1", "Host: anything", "Connection: close", *lines]
    return live.send(("\r\n".join(head) + "\r\n\r\n").encode())
