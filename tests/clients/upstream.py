"""A small API behind the proxies under test, and what passes through one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.service import Answer, ask


class Api(BaseHTTPRequestHandler):
    """Answers each request with what it got, and counts."""

    requests = 0

    def answer(self) -> None:
        type(self).requests += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        content = json.dumps({"method": self.command, "path": self.path, "headers": headers, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 - the server looks for these names

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler] = Api) -> Iterator[int]:
    """Serve on loopback for the time of the block; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # seconds until it notices its end
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    port: int

    def ask(self, method: str = "GET", path: str = "/", body: bytes | None = None, **headers: str) -> Answer:
        """The answer to a request; a header's underscores stand for hyphens."""
        return ask(self.port, method, path, body, **headers)

    def passed_on(self, *arguments: Any, **headers: Any) -> dict[str, Any]:
        """What the API got of a request that the proxy let through."""
        answer = self.ask(*arguments, **headers)
        assert answer.status == 200
        got: dict[str, Any] = json.loads(answer.body)
        names = [name for name, _value in got["headers"]]
        assert len(names) == len(set(names))
        return got | {"headers": dict(got["headers"])}
