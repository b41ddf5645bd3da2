"""A client that keeps a few connections busy, looks at every answer, and costs little itself."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
SECONDS = 60


def percentile(latencies: list[float], part: float) -> float:
    """The milliseconds within which this part of the answers came."""
    return sorted(latencies)[min(int(len(latencies) * part), len(latencies) - 1)] * 1e3


class WrongAnswer(Exception):
    """A server did not say what it should."""


@dataclass(frozen=True)
class Load:
    """What came of a number of requests."""

    requests: int
    seconds: float
    latencies: list[float] = field(repr=False)


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.arrived = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.arrived, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has arrived; whether the answer is whole."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise WrongAnswer("the server closed the connection")
        self.arrived += piece
        head, end, body = self.arrived.partition(b"\r\n\r\n")
        return bool(end) and len(body) >= length_in(head)


def length_in(head: bytes) -> int:
    """The length of the body that a head announces."""
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def load(port: int, requests: Iterable[bytes], expected: bytes, *, connections: int = CONNECTIONS) -> Load:
    """Send the requests, one after the other on each connection; raises `WrongAnswer` for any other answer."""
    waiting: Iterator[bytes] = iter(requests)
    latencies: list[float] = []
    started = time.perf_counter()
    with selectors.DefaultSelector() as ready:
        for _ in range(connections):
            connection = _Connection(port)
            if (request := next(waiting, None)) is None:
                connection.socket.close()
                continue
            ready.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
        while ready.get_map():
            answered = ready.select(SECONDS)
            if not answered:
                raise WrongAnswer("no answer")
            for key, _events in answered:
                connection = key.data
                if connection.receive():
                    latencies.append(time.perf_counter() - connection.sent_at)
                    check(connection.arrived, expected)
                    if request := next(waiting, None):
                        connection.send(request)
                    else:
                        ready.unregister(connection.socket)
                        connection.socket.close()
    return Load(len(latencies), time.perf_counter() - started, latencies)


def check(answer: bytes, expected: bytes) -> None:
    """Hold an answer against what every one must have."""
    if not answer.startswith(b"HTTP/1.1 200") or expected not in answer:
        raise WrongAnswer(answer[:500].decode("latin-1"))
