"""One client of the server: its socket, what has arrived from it, and what is sent to it."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any

from tokens_project.server import limits
from tokens_project.server.requests import BodyOfLength

if TYPE_CHECKING:
    from tokens_project.server.requests import ChunkedBody


class Outgoing:
    """What gunicorn takes for the client's socket: it collects an answer, and sends what the client takes at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.unsent = bytearray()

    def sendall(self, data: bytes) -> None:
        """Take a piece of the answer; wait for the client only where very much is left unsent."""
        self.unsent += data
        if len(self.unsent) >= limits.SENT_AT_ONCE:
            self.push()
        if len(self.unsent) > limits.LONGEST_UNSENT:
            self._sock.settimeout(limits.ANSWER_SECONDS)
            try:
                self._sock.sendall(self.unsent)
            finally:
                self._sock.setblocking(False)
            self.unsent.clear()

    def push(self) -> None:
        """Send what the client takes now; raises `OSError` where the client is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self._sock.send(self.unsent)]


class Connection:
    """One client: its socket, what has arrived from it, and the request that is read or answered."""

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.client = client
        self.server = server
        self.outgoing = Outgoing(sock)
        self.arrived = bytearray()
        self.number = 0
        # For what the poller watches the socket, as an event of `selectors`; 0 where it does not.
        self.watched_for = 0
        # When the client's time is up, by the monotonic clock.
        self.due = time.monotonic() + limits.HEAD_SECONDS
        self.await_request()

    def await_request(self) -> None:
        """Begin with the next request."""
        self.request: Any = None
        self.body: BodyOfLength | ChunkedBody = BodyOfLength(0)
        self.searched = 0
        self.must_close = False
        # Since when the request waits for its answer, by the monotonic clock.
        self.arrived_at = 0.0
        # When to ask for the caller, where the body is slow to arrive; never again once that was done.
        self.head_check_at = float("inf")
        # The answer cannot be ended: the client must not take what it has of it for the whole.
        self.is_broken_off = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has arrived."""
        return self.request is None and not self.arrived


def received(sock: socket.socket) -> bytes | None:
    """What has arrived; None where nothing has, empty where the client is gone."""
    try:
        return sock.recv(limits.RECEIVED_AT_ONCE)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def has_more(sock: socket.socket) -> bool:
    """Whether something has arrived that was not taken yet."""
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
