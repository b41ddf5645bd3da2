"""A name server that gives every name an IPv4 and an IPv6 address, of which the tests' service answers at the first."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESSES = {1: socket.inet_pton(socket.AF_INET, "127.0.0.1"), 28: socket.inet_pton(socket.AF_INET6, "::1")}
HEAD_BYTES = 12


@contextmanager
def two_addresses_for_every_name() -> Iterator[int]:
    """The UDP port on loopback at which names are looked up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.sendto(b"", server.getsockname())
            thread.join()


def _answer(server: socket.socket) -> None:
    """Answer until something arrives that is no question."""
    while True:
        data, sender = server.recvfrom(512)
        if not data:
            return
        end = data.index(b"\0", HEAD_BYTES) + 5
        (kind,) = struct.unpack(">H", data[end - 4 : end - 2])
        address = ADDRESSES.get(kind, b"")
        answer = struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(address)) + address if address else b""
        counts = struct.pack(">HHHHH", 0x8180, 1, 1 if address else 0, 0, 0)
        server.sendto(data[:2] + counts + data[HEAD_BYTES:end] + answer, sender)
