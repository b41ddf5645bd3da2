"""Servers behind a proxy that tell what arrived, and that fail when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Arrived(NamedTuple):
    """A request as the server got it."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    length: int

    def values(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Upstream(ThreadingHTTPServer):
    """One of the two servers; `heads` counts requests that have begun to arrive.

    `dies` makes it close each connection once the request is there, without an answer.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.arrived: list[Arrived] = []
        self.heads = 0
        self.dies = False

    def stop(self) -> None:
        """Listen no more."""
        self.shutdown()
        self.socket.close()

    def handle_error(self, *_told: Any) -> None:
        """Keep still of a proxy that has closed its connection."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def answer(self) -> None:
        self.server.heads += self.path != "/readyz"
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path != "/readyz":
            arrived = Arrived(self.command, self.path, self.headers.items(), len(body))
            self.server.arrived.append(arrived)
            if self.server.dies:
                self.close_connection = True
                return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        if self.path == "/readyz":
            # A check leaves no connection behind, over which a request could come after `stop`.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else b"ok")

    do_GET = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815 - as http.server looks for them

    def log_message(self, *arguments: Any) -> None:
        """Keep still."""


@contextmanager
def upstream() -> Iterator[Upstream]:
    """A server on a free port, for the time of the block."""
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
