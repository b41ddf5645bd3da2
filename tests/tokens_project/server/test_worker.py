"""The worker in this process, with a small application: what a client sees of one request over its socket."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from functools import partial

import pytest
from gunicorn.workers.gthread import ThreadWorker

from tests.tokens_project.server.served_worker import CLOSE, HELD, HOST, IN_THREADS, Served, head, received, until
from tokens_project.server import limits
from tokens_project.server.connection import Outgoing, has_more
from tokens_project.server.threads import Threads

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("lines", "body", "told"),
    [
        ([b"Content-Length: 3"], b"abc", b"3 3"),
        ([b"Transfer-Encoding: chunked"], b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", b"3 3"),
        ([b"Transfer-Encoding: chunked"], b"3\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n", b"3 3"),
        ([b"Transfer-Encoding: chunked"], b"0\r\n\r\n", b"none 0"),
        ([], b"", b"none 0"),
        ([b"Content-Length: 65537"], b"", b"65537 0"),
        ([b"Transfer-Encoding: chunked"], b"11000\r\n" + b"x" * 69_632 + b"\r\n0\r\n\r\n", b"65537 0"),
        ([b"Transfer-Encoding: chunked"], b"40000\r\n" + b"x" * 140_000, b"65537 0"),
        ([b"Content-Length: 3", b"Expect: 100-continue"], b"abc", b"3 3"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_val5_body_is_given_with_its_length(
    served: Served, lines: list[bytes], body: bytes, told: bytes, at_once: bool
) -> None:
    with served.connect() as client:
        client.sendall(head(b"/", *lines, CLOSE) + (body if at_once else b""))
        if not at_once:
            for start in range(0, len(body), 20_000):
                client.sendall(body[start : start + 20_000])
        assert told in received(client)


@pytest.mark.parametrize(
    "body",
    [b"x\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"1" * 8300, b"123456789\r\n", b"0\r\nX-Long: " + b"y" * 9000],
)
def test_t34_what_is_no_chunked_body_is_refused_at_once(served: Served, body: bytes) -> None:
    assert served.ask(head(b"/", b"Transfer-Encoding: chunked") + body).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"x" * 9000, b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X-Long: y\r\n" * 7000, b"431"),
        (b"GET / HTTP/1.1\r\nX Y: z\r\n\r\n", b"400"),
        (b"\r\nGET / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n\r\n", b"200"),
        (head(b"/fails", CLOSE), b"500"),
        (head(b"/no-file", CLOSE), b"500"),
        (head(b"/refused", b"Authorization: x", b"Content-Length: 9"), b"401"),
        (head(b"/head-fails", b"Authorization: x", b"Content-Length: 9"), b"500"),
        (head(b"/close"), b"200"),
    ],
)
def test_t34_each_request_is_answered_by_one_status(served: Served, data: bytes, status: bytes) -> None:
    answer = served.ask(data)
    assert (answer[9:12], answer.count(b"HTTP/1.1 ")) == (status, 1)


def test_ava2_a_caller_that_is_known_goes_on_with_its_body(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/", CLOSE, b"Authorization: x", b"Content-Length: 3"))
        client.settimeout(0.4)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(60)
        client.sendall(b"abc")
        assert b"3 3" in received(client)


def test_ava2_who_expects_it_is_told_to_go_on(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/", CLOSE, b"Expect: 100-continue", b"Content-Length: 3"))
        assert client.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert b"3 3" in received(client)


def test_ava1_forward_auth_waits_for_no_body(served: Served) -> None:
    assert b"9 0 " in served.ask(head(b"/auth/forward", b"Content-Length: 9") + b"ab")


def test_a_connection_is_kept_for_the_next_requests(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/a", b"Content-Length: 1") + b"x" + head(b"/b"))
        client.sendall(head(b"/c", CLOSE))
        assert received(client).count(b"HTTP/1.1 200") == 3


def test_a_client_that_sends_on_before_its_answer_is_answered_in_turn(served: Served) -> None:
    HELD.clear()
    with served.connect() as client:
        client.sendall(head(b"/held"))
        until(lambda: IN_THREADS == ["/held"])
        client.sendall(head(b"/b", CLOSE))
        until(lambda: not any(key.data.args for key in watched(served) if isinstance(key.data, partial)))
        HELD.set()
        assert received(client).count(b"HTTP/1.1 200") == 2


def watched(served: Served) -> list[selectors.SelectorKey]:
    """What the poller watches: the worker's own, and its clients."""
    return list(served.worker.poller.get_map().values())


def test_a_worker_tells_that_it_lives_now_and_then_not_for_each_event(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    monkeypatch.setattr(limits, "NOTICE_SECONDS", 1000)
    monkeypatch.setattr(ThreadWorker, "notify", lambda _self: told.append(0))
    served.worker.next_notice = 0.0
    for _number in range(20):
        served.ask(head(b"/", CLOSE))
    assert len(told) == 1


def test_an_answer_that_cannot_be_ended_is_never_taken_for_a_whole_one(served: Served) -> None:
    with served.connect() as client:
        # An answer of no length, as to HTTP/1.0, ends where its connection does.
        client.sendall(b"GET /breaks HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            received(client)


def test_a_worker_that_stops_lets_idle_clients_go_and_answers_the_others(served: Served) -> None:
    idle, unfinished = served.connect(), served.connect()
    idle.sendall(head())
    assert idle.recv(65_536)
    unfinished.sendall(head(b"/", b"Content-Length: 3"))
    until(lambda: len(served.worker.waiting) == 2)
    served.worker.handle_exit(None, None)
    unfinished.sendall(b"abc")
    assert b"Connection: close" in received(unfinished)
    assert idle.recv(1) == b""
    idle.close()
    unfinished.close()


def test_a_worker_that_stops_answers_whoever_is_connected_and_then_listens_no_more(served: Served) -> None:
    clients: list[socket.socket] = []

    def connect_and_stop() -> None:
        # In the event loop itself, which can take nobody in meanwhile.
        clients.extend(served.connect() for _each in range(3))
        for client in clients:
            client.sendall(head())
        served.worker.handle_exit(None, None)

    address = served.listener.getsockname()
    served.worker.method_queue.defer(connect_and_stop)
    until(lambda: len(clients) == 3)
    for client in clients:
        with client:
            assert b"Connection: close" in received(client)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


def test_a_request_that_arrives_as_its_connection_ends_is_answered(served: Served) -> None:
    def time_is_up() -> None:
        # In the event loop itself: it does not see the request before it looks whose time is up.
        (connection,) = served.worker.waiting
        client.sendall(head(b"/", CLOSE))
        until(lambda: has_more(connection.sock))
        connection.due = 0
        served.worker.sweep(time.monotonic())

    with served.connect() as client:
        client.sendall(head())
        assert client.recv(65_536)
        until(lambda: len(served.worker.waiting) == 1)
        served.worker.method_queue.defer(time_is_up)
        assert received(client).startswith(b"HTTP/1.1 200")


def test_nothing_more_arrives_from_a_client_that_is_gone() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    assert not has_more(ours)
    ours.close()
    assert not has_more(ours)


def test_threads_end_with_their_pool() -> None:
    pool, done = Threads(1, "some", most_waiting=1), threading.Event()
    pool.shutdown()
    pool.submit(done.set)
    assert not done.wait(0.1)


def test_an_answer_to_a_client_that_is_gone_is_dropped() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    outgoing = Outgoing(ours)
    outgoing.unsent += b"x"
    with pytest.raises(OSError, match="Broken pipe"):
        outgoing.push()
    ours.close()
