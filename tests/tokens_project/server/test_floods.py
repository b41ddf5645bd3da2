"""The worker and more whole requests than it has threads for (AVA-3)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.tokens_project.server.served_worker import CLOSE, HELD, IN_THREADS, Served, head, received, until

pytestmark = pytest.mark.once


def test_ava3_machine_addresses_and_health_have_threads_of_their_own(served: Served) -> None:
    paths = (b"/healthz", b"/oauth/revoke", b"/leaks/revoke", b"/profile/")
    answers = [served.ask(head(path, CLOSE, method=b"GET")) for path in paths]
    assert [answer.rpartition(b" ")[2] for answer in answers] == [b"health", b"machine", b"leaks", b"site"]


@contextmanager
def flooded(served: Served, path: str) -> Iterator[list[socket.socket]]:
    """As many clients ask for this as are let wait, and none of them is answered before the end of the block."""
    HELD.clear()
    threads = served.worker.dispatcher.pools.of(path)
    with ExitStack() as stack:
        clients: list[socket.socket] = []
        while not threads.are_overrun:
            clients.append(stack.enter_context(served.connect()))
            clients[-1].sendall(head(path.encode(), CLOSE))
            # Not before the request is in a thread or waits for one: the next client could be one too many.
            until(lambda: len(IN_THREADS) + threads._jobs.qsize() == len(clients))
        try:
            yield clients
        finally:
            HELD.set()
            until(lambda: served.worker.nr_conns == 0)


@pytest.mark.parametrize(
    ("path", "others", "answer"),
    [
        ("/held", [b"/healthz", b"/auth/forward"], b"text/plain"),
        ("/api/held", [b"/healthz", b"/profile/"], b"application/json"),
        ("/leaks/held", [b"/healthz", b"/profile/", b"/oauth/revoke"], b"application/json"),
    ],
)
def test_ava3_a_flood_of_whole_requests_keeps_nobody_else_out(
    served: Served, path: str, others: list[bytes], answer: bytes
) -> None:
    with flooded(served, path) as clients:
        busy = served.ask(head(path.encode()))
        assert [served.ask(head(other, CLOSE))[9:12] for other in others] == [b"200"] * len(others)
        HELD.set()
        assert {received(client)[9:12] for client in clients} == {b"200"}
    assert busy.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 5\r\n" in busy
    assert b"\r\nContent-Type: " + answer in busy


def test_ava3_who_is_turned_away_may_have_left(served: Served) -> None:
    with flooded(served, "/held"):
        client = served.connect()
        client.sendall(head(b"/held") * 2)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert b" 503 " in served.ask(head(b"/held"))


def test_ava2_a_caller_is_asked_for_where_there_is_room(served: Served) -> None:
    with flooded(served, "/held"), served.connect() as slow:
        slow.sendall(head(b"/refused", b"Authorization: x", b"Content-Length: 9"))
        slow.settimeout(0.5)
        with pytest.raises(TimeoutError):
            slow.recv(1)
        HELD.set()
        slow.settimeout(60)
        assert received(slow).startswith(b"HTTP/1.1 401 ")
