"""The worker in this process, with a small application: what a client sees over its socket."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from tokens_project.server import limits
from tokens_project.server.answering import HEAD_ONLY
from tokens_project.server.connection import Outgoing
from tokens_project.server.threads import Threads
from tokens_project.server.worker import Worker

pytestmark = pytest.mark.once

HOST = b"Host: x\r\n"
# Far more than the kernel keeps between the two, which it is told here: left alone it keeps as much as it sees fit.
LARGE = 8_000_000
KEPT_FOR_EACH = 131_072


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Tells what it was given; `/large` does not fit into any socket, `/fails` fails, `/close` wants to end.

    `/held` and `/api/held` last as long as the test wants, `/no-file` has none, and `/breaks` fails in the middle.
    """
    path = environ["PATH_INFO"]
    if path.endswith("/held"):
        assert HELD.wait(10)
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
        return Parts([b"no"] if is_refused else [])
    body = environ["wsgi.input"].read()
    length = environ.get("CONTENT_LENGTH", "none")
    content = b"x" * LARGE if path == "/large" else f"{length} {len(body)} {threading.current_thread().name}".encode()
    start_response("200 OK", [] if path == "/close" else [("Content-Length", str(len(content)))])
    return Parts([content]) if path == "/large" else [content]


HELD = threading.Event()


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
        client = socket.create_connection(self.listener.getsockname(), timeout=10)
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


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(Worker, "init_signals", lambda _self: None)
    monkeypatch.setattr(Worker, "load_wsgi", lambda self: setattr(self, "wsgi", application))
    monkeypatch.setattr(limits, "HEAD_CHECK_SECONDS", 0.05)
    config = Config()
    for name, value in {"threads": 2, "worker_connections": 24, "keepalive": 5, "graceful_timeout": 5}.items():
        config.set(name, value)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_FOR_EACH)
    worker = Worker(0, os.getpid(), [listener], None, 60, config, Logger(config))
    worker.ppid = os.getppid()
    thread = threading.Thread(target=worker.init_process)
    thread.start()
    until(lambda: worker._accepting)
    yield Served(worker, listener)
    worker.handle_exit(None, None)
    thread.join(15)
    assert not thread.is_alive()
    worker.tmp.close()


def head(path: bytes = b"/", *lines: bytes, method: bytes = b"POST") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


CLOSE = b"Connection: close"


def test_ava3_machine_addresses_and_health_have_threads_of_their_own(served: Served) -> None:
    answers = [served.ask(head(path, CLOSE, method=b"GET")) for path in (b"/healthz", b"/auth/forward", b"/profile/")]
    assert [answer.rpartition(b" ")[2] for answer in answers] == [b"health", b"machine", b"site"]


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
        client.settimeout(10)
        client.sendall(b"abc")
        assert b"3 3" in received(client)


def test_ava2_who_expects_it_is_told_to_go_on(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/", CLOSE, b"Expect: 100-continue", b"Content-Length: 3"))
        assert client.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert b"3 3" in received(client)


def test_ava1_a_client_that_breaks_off_is_gone(served: Served) -> None:
    client = served.connect()
    client.sendall(b"G")
    until(lambda: bool(served.worker.waiting))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    until(lambda: served.worker.nr_conns == 0)
    served.worker.give_way()
    assert not served.worker.waiting


def test_ava1_forward_auth_waits_for_no_body(served: Served) -> None:
    assert b"9 0 machine" in served.ask(head(b"/auth/forward", b"Content-Length: 9") + b"ab")


def test_a_connection_is_kept_for_the_next_requests(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/a", b"Content-Length: 1") + b"x" + head(b"/b"))
        client.sendall(head(b"/c", CLOSE))
        assert received(client).count(b"HTTP/1.1 200") == 3


def test_ava1_an_answer_that_is_not_read_waits_in_the_event_loop(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LONGEST_UNSENT", 2 * LARGE)
    clients = [served.connect() for _each in range(4)]
    for client in clients:
        client.sendall(head(b"/large", CLOSE))
    # More wait than there are threads, and the next one is answered.
    assert b"200 OK" in served.ask(head(b"/", CLOSE))
    assert [len(received(client)) > LARGE for client in clients] == [True] * 4
    for client in clients:
        client.close()


def test_ava1_a_very_long_answer_reaches_who_reads_it(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(b"/large", CLOSE))
        read = len(client.recv(1))
        # By then the socket is full, and the thread waits.
        time.sleep(0.3)
        assert read + len(received(client)) > LARGE


def test_ava1_an_answer_that_is_read_in_parts_is_sent_in_parts(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LONGEST_UNSENT", 2 * LARGE)
    with served.connect() as client:
        client.sendall(head(b"/large", CLOSE))
        # Only what has begun to be answered: before that the connection waits for the rest of its request.
        read = len(client.recv(1))
        until(lambda: bool(served.worker.waiting))
        [connection] = served.worker.waiting
        unsent = len(connection.outgoing.unsent)
        # Then it stops: one call of the kernel may send all to a client that goes on reading meanwhile.
        while read < 16 * KEPT_FOR_EACH:
            read += len(client.recv(65_536))
        until(lambda: len(connection.outgoing.unsent) < unsent)
        assert connection.outgoing.unsent
        assert read + len(received(client)) > LARGE


def test_t34_what_comes_after_a_refusal_is_dropped(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nX Y: z\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 400")
        until(lambda: bool(served.worker.waiting))
        client.sendall(b"more")
        until(lambda: wakes(served.worker) >= 1)
    until(lambda: served.worker.nr_conns == 0)


def wakes(worker: Worker) -> int:
    """How many clients of the worker have been heard and are still held."""
    time.sleep(0.05)
    return len(worker.waiting)


def test_ava1_a_client_that_never_reads_a_very_long_answer_is_let_go(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ANSWER_SECONDS", 0.2)
    with served.connect() as client:
        client.sendall(head(b"/large"))
        assert client.recv(1)
        until(lambda: served.worker.nr_conns == 0)


@pytest.mark.parametrize("leaves_at_once", [True, False])
def test_ava1_a_client_that_goes_away_frees_its_place(
    served: Served, monkeypatch: pytest.MonkeyPatch, leaves_at_once: bool
) -> None:
    monkeypatch.setattr(limits, "LONGEST_UNSENT", 2 * LARGE)
    client = served.connect()
    client.sendall(head(b"/large"))
    assert client.recv(1)
    if not leaves_at_once:
        until(lambda: bool(served.worker.waiting))
    client.close()
    until(lambda: served.worker.nr_conns == 0)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", b""),
        (b"G", b"HTTP/1.1 408 "),
        (head(b"/", b"Content-Length: 9"), b"HTTP/1.1 408 "),
        (head(b"/auth/forward", b"Content-Length: 9"), b"HTTP/1.1 200 "),
    ],
)
def test_ava2_time_is_up_for_each_kind_of_wait(
    served: Served, monkeypatch: pytest.MonkeyPatch, data: bytes, answer: bytes
) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(limits, name, 0.1)
    assert served.ask(data).startswith(answer)
    until(lambda: served.worker.nr_conns == 0)


def test_ava1_who_has_waited_longest_gives_way_to_new_clients(served: Served) -> None:
    clients = [served.connect() for _each in range(30)]
    assert b"200 OK" in served.ask(head(b"/", CLOSE))
    assert clients[0].recv(1) == b""
    for client in clients:
        client.close()


@contextmanager
def flooded(served: Served, path: str) -> Iterator[list[socket.socket]]:
    """As many clients ask for this as are let wait, and none of them is answered before the end of the block."""
    HELD.clear()
    with ExitStack() as stack:
        clients: list[socket.socket] = []
        while not served.worker.threads_for(path).are_overrun:
            clients.append(stack.enter_context(served.connect()))
            clients[-1].sendall(head(path.encode(), CLOSE))
            until(lambda: served.worker.nr_conns == len(clients) and not served.worker.waiting)
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
    ],
)
def test_ava3_a_flood_of_whole_requests_keeps_nobody_else_out(
    served: Served, path: str, others: list[bytes], answer: bytes
) -> None:
    with flooded(served, path) as clients:
        busy = served.ask(head(path.encode()))
        assert [served.ask(head(other, CLOSE))[9:12] for other in others] == [b"200", b"200"]
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
        slow.settimeout(10)
        assert received(slow).startswith(b"HTTP/1.1 401 ")


def test_an_answer_that_cannot_be_ended_is_never_taken_for_a_whole_one(served: Served) -> None:
    with served.connect() as client:
        # An answer of no length, as to HTTP/1.0, ends where its connection does.
        client.sendall(b"GET /breaks HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            received(client)


def test_ava1_where_no_file_can_be_opened_a_client_gives_way(served: Served) -> None:
    with served.connect() as waiting:
        until(lambda: bool(served.worker.waiting))
        served.worker.method_queue.defer(served.worker.accept, Refusing(errno.EMFILE))
        assert waiting.recv(1) == b""


def test_a_client_that_left_before_it_was_taken_in_is_nobody(served: Served) -> None:
    served.worker.accept(Refusing(errno.EAGAIN))
    with pytest.raises(OSError, match="strange"):
        served.worker.accept(Refusing(errno.EPERM))


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


class Refusing:
    """A listener that has nobody."""

    def __init__(self, number: int) -> None:
        self.number = number

    def accept(self) -> Any:
        """Fail in this way."""
        raise OSError(self.number, "strange")


def until(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


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


def test_ava1_a_process_may_hold_as_many_clients_as_the_system_lets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    allowed: list[int] = []
    monkeypatch.setattr(limits.resource, "setrlimit", lambda _which, given: asked.append(given))
    for given in [(1024, 4096), (1024, limits.resource.RLIM_INFINITY), (9000, 9000)]:
        monkeypatch.setattr(limits.resource, "getrlimit", lambda _which, found=given: found)
        allowed.append(limits.allow_open_files(8192))
    assert allowed == [4096, 8192, 8192]
    assert asked == [(4096, 4096), (8192, limits.resource.RLIM_INFINITY)]
