"""The worker and clients that are slow, silent or gone: who waits, how long, and who gives way (AVA-1, AVA-2)."""

from __future__ import annotations

import errno
import resource
import socket
import struct
import time
from typing import Any

import pytest

from tests.tokens_project.server.served_worker import CLOSE, KEPT_FOR_EACH, LARGE, Served, head, received, until
from tokens_project.server import limits
from tokens_project.server.connection import Outgoing
from tokens_project.server.worker import Worker

pytestmark = pytest.mark.once


def test_ava1_a_client_that_breaks_off_is_gone(served: Served) -> None:
    client = served.connect()
    client.sendall(b"G")
    until(lambda: bool(served.worker.waiting))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    until(lambda: served.worker.nr_conns == 0)
    served.worker.give_way()
    assert not served.worker.waiting


def test_ava1_a_client_that_is_gone_when_it_may_go_on_is_no_fault(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_outgoing: Outgoing) -> None:
        raise ConnectionResetError

    faults: list[Any] = []
    monkeypatch.setattr(served.worker, "handle_error", lambda *error: faults.append(error))
    monkeypatch.setattr(Outgoing, "push", gone)
    with served.connect() as client:
        client.sendall(head(b"/", b"Expect: 100-continue", b"Content-Length: 3"))
        until(lambda: any(connection.request for connection in list(served.worker.waiting)))
    until(lambda: served.worker.nr_conns == 0)
    assert not faults


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


def test_ava1_where_no_file_can_be_opened_a_client_gives_way(served: Served) -> None:
    with served.connect() as waiting:
        until(lambda: bool(served.worker.waiting))
        served.worker.method_queue.defer(served.worker.accept, Refusing(errno.EMFILE))
        assert waiting.recv(1) == b""


def test_a_client_that_left_before_it_was_taken_in_is_nobody(served: Served) -> None:
    nobody: Any = Refusing(errno.EAGAIN)
    forbidden: Any = Refusing(errno.EPERM)
    served.worker.accept(nobody)
    with pytest.raises(OSError, match="strange"):
        served.worker.accept(forbidden)


def test_ava1_one_who_cannot_be_taken_in_keeps_nobody_else_out_at_a_stop(served: Served) -> None:
    worker, real = served.worker, served.worker.sockets
    behind_others, for_ever = (
        Refusing(errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.EAGAIN),
        Refusing(errno.EMFILE),
    )

    def stop() -> None:
        worker.sockets = [behind_others, for_ever]
        worker.stop_listening()
        worker.sockets = real

    with served.connect() as one, served.connect() as two:
        until(lambda: len(worker.waiting) == 2)
        worker.method_queue.defer(stop)
        assert (one.recv(1), two.recv(1)) == (b"", b"")
    until(lambda: for_ever.is_closed)
    assert behind_others.numbers == [errno.EAGAIN]


class Refusing:
    """A listener that takes nobody in: for these reasons in turn, and for the last one from then on."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.is_closed = False

    def accept(self) -> Any:
        """Fail in this way."""
        raise OSError(self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0], "strange")

    def close(self) -> None:
        """Listen no more."""
        self.is_closed = True


def test_ava1_a_process_may_hold_as_many_clients_as_the_system_lets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    allowed: list[int] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _which, given: asked.append(given))
    for given in [(1024, 4096), (1024, resource.RLIM_INFINITY), (9000, 9000)]:
        monkeypatch.setattr(resource, "getrlimit", lambda _which, found=given: found)
        allowed.append(limits.allow_open_files(8192))
    assert allowed == [4096, 8192, 8192]
    assert asked == [(4096, 4096), (8192, resource.RLIM_INFINITY)]
