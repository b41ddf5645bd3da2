"""A receiver of webhooks on loopback, in a thread: it keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Received(NamedTuple):
    """A request as it came: its path, its headers by lower-case names, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """What was received; the next answers have these statuses, and all later ones 204."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.statuses: list[int] = []
        # Headers of each answer beside the usual ones.
        self.headers: dict[str, str] = {}
        # While it is not set, no answer is given.
        self.answers = threading.Event()
        self.answers.set()
        self.url = ""
        self._told: tuple[int, Callable[[], object]] | None = None

    def when_told(self, number: int, act: Callable[[], object]) -> None:
        """Do this once so many requests were answered."""
        self._told = number, act

    def note_answer(self, number: int) -> None:
        """So many were answered."""
        if self._told and number == self._told[0]:
            self._told[1]()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.requests.append(Received(self.path, headers, body))
        receiver.answers.wait(20)
        self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        self.end_headers()
        receiver.note_answer(len(receiver.requests))

    do_PUT = do_POST  # noqa: N815 - as the base class calls it

    def log_message(self, *_args: Any) -> None:
        """Nothing."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver during the block."""
    made = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": made}))
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook?of=tokens"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(answer: bytes) -> Iterator[int]:
    """The port of a server that answers any request with these bytes, and leaves the connection open without a word."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if answer:
                self.request.sendall(answer)
                ended.wait(20)

    ended = threading.Event()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
