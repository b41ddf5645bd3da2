"""Connections to the service that are kept from one request to the next."""

from __future__ import annotations

import os
import selectors
import ssl
import time
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection

from reference_tokens_client.wire import IDLE_SECONDS, MOST_BYTES, Address, Answer

MOST_KEPT = 10


class Connections:
    """May be shared by threads, and by processes that are forked: each has connections of its own.

    A request is sent twice only where the first cannot have reached the service: the connection could not be made, or
    one that was kept turned out to be closed before the request was out. The time is for connecting, and for each time
    that something of the answer is waited for.
    """

    def __init__(
        self, address: Address, timeout: float, ssl_context: ssl.SSLContext | None, most_bytes: int = MOST_BYTES
    ) -> None:
        """Of a longer answer only so many bytes are read."""
        self._address = address
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._ssl_context = (ssl_context or ssl.create_default_context()) if address.is_secure else None
        self._kept: deque[tuple[HTTPConnection, float]] = deque()
        self._process = os.getpid()

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """What the service answers; raises `OSError` and `HTTPException`. No redirect is followed."""
        connection = self._sent(method, self._address.path + path, body, dict(headers))
        try:
            with connection.getresponse() as response:
                told = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status, told, response.read(self._most_bytes))
                is_reusable = response.isclosed() and connection.sock is not None
        except BaseException:
            connection.close()
            raise
        if is_reusable and len(self._kept) < MOST_KEPT:
            self._kept.append((connection, time.monotonic()))
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close what is kept; a later request connects again."""
        while (taken := self._take()) is not None:
            taken[0].close()

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HTTPConnection:
        """A connection on which the request has been sent."""
        kept = self._open_one()
        if kept is not None:
            try:
                kept.request(method, path, body, headers)
            except OSError:
                kept.close()
            else:
                return kept
        connection = self._connected()
        try:
            connection.request(method, path, body, headers)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self, tries: int = 2) -> HTTPConnection:
        """A new connection; where it is refused it is tried again, as at a load balancer that has another server."""
        address = self._address
        connection = (
            HTTPSConnection(address.host, address.port, timeout=self._timeout, context=self._ssl_context)
            if self._ssl_context
            else HTTPConnection(address.host, address.port, timeout=self._timeout)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            if tries == 1 or isinstance(error, TimeoutError):
                raise
            return self._connected(tries - 1)
        return connection

    def _open_one(self) -> HTTPConnection | None:
        """One that was kept and is still open; those that are not are closed here too."""
        now = time.monotonic()
        while (taken := self._take()) is not None:
            connection, since = taken
            if now - since < IDLE_SECONDS and not is_closed_by_the_service(connection):
                return connection
            connection.close()
        return None

    def _take(self) -> tuple[HTTPConnection, float] | None:
        if self._process != os.getpid():
            # They belong to the process that this one was forked from, which goes on with them.
            inherited, self._kept, self._process = self._kept, deque(), os.getpid()
            for connection, _since in inherited:
                connection.close()
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def __del__(self) -> None:
        self.close()


def is_closed_by_the_service(connection: HTTPConnection) -> bool:
    """Whether something arrived on it that nobody asked for: its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(0))
