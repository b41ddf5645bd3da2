"""The files that a page links to, asked of a running server."""

from __future__ import annotations

import re

from tests.gunicorn import Gunicorn


def get(server: Gunicorn, path: str) -> tuple[int, str]:
    """Status and text of the answer to a browser."""
    answer = server.send(f"GET {path} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n".encode())
    return answer.status, answer.body.decode()


def linked(html: str) -> set[str]:
    """The static files that a page names."""
    return set(re.findall(r"/static/[^\"#?]+", html))
