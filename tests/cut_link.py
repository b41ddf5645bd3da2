"""A stretch of network between a client and a server, which a test can cut: nothing arrives, and nothing is closed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Link:
    """What passes between a port of its own and the server's; `opened` counts the connections that were ever made."""

    def __init__(self, server: tuple[str, int], at: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._server = server
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._sockets: list[socket.socket] = []
        self.opened = 0
        self._listener = socket.create_server(at)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Let nothing through for the time of the block; what was sent meanwhile arrives after it."""
        self._is_whole.clear()
        try:
            yield
        finally:
            self._is_whole.set()

    def close(self) -> None:
        """Close every connection."""
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self.opened += 1
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    # The server is being restarted: the client is refused as it would be without a link.
                    client.close()
                    continue
                self._sockets += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self._is_whole.wait()
                target.sendall(data)
        # At its end, or where the source has reset it.
        self._is_whole.wait()
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def link_to(url: str) -> Iterator[tuple[Link, str]]:
    """A link to the server of this address, and the address of its other end."""
    parts = urlsplit(url)
    link = Link((parts.hostname or "", parts.port or 0))
    try:
        yield link, url.replace(f":{parts.port}/", f":{link.port}/")
    finally:
        link.close()
