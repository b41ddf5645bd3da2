"""A worker that serves a small application in a thread of this process."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tokens_project.server.answering import HEAD_ONLY
from tokens_project.server.worker import Worker

HOST = b"Host: x\r\n"


# Far more than the kernel keeps between the two, which it is told here: left alone it keeps as much as it sees fit.
LARGE = 8_000_000


KEPT_FOR_EACH = 131_072


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Tells what it was given; `/large` does not fit into any socket, `/fails` fails, `/close` wants to end.

    `/held`, `/api/held` and `/auth/forward/held` last as long as the test wants, `/no-file` has none, and `/breaks`
    fails in the middle.
    """
    path = environ["PATH_INFO"]
    if path.endswith("/held"):
        IN_THREADS.append(path)
        assert HELD.wait(60)
        IN_THREADS.remove(path)
    if path == "/breaks":
        start_response("200 OK", [])
        return broken_off()
    if path == "/fails" or (path == "/head-fails" and HEAD_ONLY in environ):
        raise RuntimeError(path)
    if path == "/no-file":
        raise OSError(errno.EMFILE, path)
    if HEAD_ONLY in environ:
        is_refused = path == "/refused"
        start_response("401 Unauthorized" if is_refused else "100 Continue", [("Content-Length", "2")])
        return Parts([b"no"]) if is_refused else ()
    body = environ["wsgi.input"].read()
    length = environ.get("CONTENT_LENGTH", "none")
    content = b"x" * LARGE if path == "/large" else f"{length} {len(body)} {threading.current_thread().name}".encode()
    start_response("200 OK", [] if path == "/close" else [("Content-Length", str(len(content)))])
    return Parts([content]) if path == "/large" else [content]


HELD = threading.Event()
# The requests to these that a thread has begun with and that are not answered yet.
IN_THREADS: list[str] = []


def broken_off() -> Iterator[bytes]:
    """The beginning of an answer, more than is sent at once."""
    yield b"x" * 100_000
    raise RuntimeError("the database is gone")


class Parts(list[bytes]):
    """An answer that wants to be told of its end."""

    def close(self) -> None:
        """Nothing to free."""


class Served:
    """A worker that serves in a thread."""

    def __init__(self, worker: Worker, listener: socket.socket) -> None:
        self.worker = worker
        self.listener = listener

    def connect(self) -> socket.socket:
        """A client."""
        client = socket.create_connection(self.listener.getsockname(), timeout=60)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT_FOR_EACH)
        return client

    def ask(self, data: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(data)
            return received(client)


def received(client: socket.socket) -> bytes:
    """Everything until the end."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def head(path: bytes = b"/", *lines: bytes, method: bytes = b"POST") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


CLOSE = b"Connection: close"


def until(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
