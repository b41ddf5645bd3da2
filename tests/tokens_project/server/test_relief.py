"""Requests that the event loop answers by itself, and what happens while such an answer waits (AVA-1, AVA-3)."""

from __future__ import annotations

import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.tokens_project.server.served_worker import CLOSE, HELD, IN_THREADS, Served, head, received, until
from tokens_project.server import limits
from tokens_project.server.relief import Relief

pytestmark = pytest.mark.once

READING = b"/auth/forward"


def thread_of(answer: bytes) -> bytes:
    """The thread that has answered."""
    return answer.rpartition(b"\r\n")[2].split(b" ", 2)[2]


def asked(served: Served, path: bytes = READING, method: bytes = b"GET") -> bytes:
    return thread_of(served.ask(head(path, CLOSE, method=method)))


@contextmanager
def held(served: Served, path: bytes = READING + b"/held") -> Iterator[None]:
    """One request in the event loop that waits, until the end of the block."""
    HELD.clear()
    with served.connect() as client:
        client.sendall(head(path, CLOSE))
        until(lambda: len(IN_THREADS) == 1)
        try:
            yield
        finally:
            HELD.set()
        assert b" 200 " in received(client)


@pytest.mark.parametrize(
    ("path", "method", "is_here"),
    [
        (b"/auth/forward", b"DELETE", True),
        (b"/auth/resource/x", b"GET", True),
        (b"/oauth/introspect", b"POST", True),
        (b"/api/token", b"GET", True),
        (b"/api/token", b"DELETE", False),
        (b"/api/token/rotate", b"POST", False),
        (b"/oauth/revoke", b"POST", False),
        (b"/readyz", b"GET", False),
        (b"/metrics", b"GET", False),
        (b"/profile/", b"GET", False),
    ],
)
def test_val1_the_event_loop_itself_answers_what_only_reads(
    served: Served, path: bytes, method: bytes, is_here: bool
) -> None:
    assert (asked(served, path, method) not in {b"machine", b"site"}) is is_here


def test_ava3_while_a_validation_waits_everybody_else_is_answered(served: Served) -> None:
    with held(served):
        threads = [asked(served, path) for path in (b"/healthz", b"/profile/", READING)]
    assert threads == [b"health", b"site", b"machine"]
    until(lambda: served.worker.dispatcher.relief.lets_the_loop_answer)
    assert asked(served) not in {b"machine", b"site"}


def sent_at_once(served: Served, clients: ExitStack, *paths: bytes) -> list[socket.socket]:
    """Clients whose requests to these paths the event loop finds in one turn."""
    is_held, goes_on = threading.Event(), threading.Event()

    def hold() -> None:
        is_held.set()
        assert goes_on.wait(60)

    found = [clients.enter_context(served.connect()) for _path in paths]
    until(lambda: len(served.worker.waiting) == len(paths))
    served.worker.method_queue.defer(hold)
    assert is_held.wait(60)
    for client, path in zip(found, paths, strict=True):
        client.sendall(head(path, CLOSE))
    goes_on.set()
    return found


@pytest.mark.parametrize(("together", "left"), [(16, [2, 1, 0]), (2, [1, 0, 0])])
def test_what_has_arrived_together_is_read_before_the_first_of_it_is_answered(
    served: Served, monkeypatch: pytest.MonkeyPatch, together: int, left: list[int]
) -> None:
    dispatcher, seen = served.worker.dispatcher, list[int]()
    give = dispatcher.relief.give

    def noted(answer: Callable[[], bool]) -> bool:
        seen.append(len(dispatcher.to_answer))
        return give(answer)

    monkeypatch.setattr(dispatcher.relief, "give", noted)
    monkeypatch.setattr(limits, "ANSWERED_TOGETHER", together)
    # Also where the machine has more to do.
    monkeypatch.setattr(limits, "QUICK_SECONDS", 1000)
    with ExitStack() as stack:
        clients = sent_at_once(served, stack, *[READING] * 3)
        assert {received(client)[9:12] for client in clients} == {b"200"}
    assert seen == left


@pytest.mark.parametrize("position", [0, 2, 4])
def test_ava3_requests_read_together_do_not_wait_for_the_one_whose_answer_waits(served: Served, position: int) -> None:
    HELD.clear()
    paths = [READING] * 5
    paths[position] += b"/held"
    with ExitStack() as stack:
        clients = sent_at_once(served, stack, *paths)
        held_one = clients.pop(position)
        assert {received(client)[9:12] for client in clients} == {b"200"}
        HELD.set()
        assert b" 200 " in received(held_one)


def test_ava3_a_flood_of_validations_that_wait_keeps_nobody_else_out(served: Served) -> None:
    with held(served), ExitStack() as stack:
        clients = [stack.enter_context(served.connect()) for _number in range(4)]
        for client in clients:
            client.sendall(head(READING + b"/held", CLOSE))
        until(lambda: len(IN_THREADS) == 3)
        assert asked(served, b"/healthz") == b"health"
        HELD.set()
        assert {received(client)[9:12] for client in clients} == {b"200"}


def test_ava3_while_a_validation_waits_the_loop_goes_on_with_what_threads_have_finished(served: Served) -> None:
    worker, is_done = served.worker, [threading.Event() for _number in range(30)]
    HELD.clear()
    # gunicorn takes the bytes of all these out of the pipe at once, and the first of them waits.
    worker.method_queue.defer(time.sleep, 0.2)
    for _number in range(10):
        worker.dispatcher.end_turn()
    worker.method_queue.defer(worker.dispatcher.relief.give, lambda: HELD.wait(60))
    for each in is_done:
        worker.method_queue.defer(each.set)
    try:
        assert all(each.wait(30) for each in is_done)
    finally:
        HELD.set()


def test_ava3_a_validation_that_waits_keeps_new_clients_of_a_worker_that_left_one(served: Served) -> None:
    with held(served):
        served.worker.set_accept_enabled(False)
        assert asked(served, b"/healthz") == b"health"


def test_after_answers_that_waited_the_threads_answer_for_a_moment(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "THREADS_SECONDS", 1000)
    with held(served):
        time.sleep(limits.QUICK_SECONDS * limits.ANSWERS_OF_MEAN)
    until(lambda: IN_THREADS == [])
    assert asked(served) == b"machine"


def test_requests_sent_at_once_are_answered_in_turn_however_many(served: Served) -> None:
    with served.connect() as client:
        client.sendall(head(READING, method=b"GET") * 1000 + head(READING, CLOSE, method=b"GET"))
        assert received(client).count(b"HTTP/1.1 200 ") == 1001


def test_a_worker_stops_in_time_though_a_validation_waits(served: Served) -> None:
    with held(served):
        served.worker.handle_exit(None, None)


def test_a_turn_of_the_relief_that_fails_is_told_of_and_leaves_the_loop_to_its_own_thread() -> None:
    told: list[str] = []
    back = threading.Event()

    def turn() -> None:
        raise RuntimeError

    def tell(text: str) -> None:
        told.append(text)
        back.set()

    relief = Relief(turn, lambda: None, tell)
    assert relief.give(lambda: back.wait(60))
    until(lambda: relief.lets_the_loop_answer)
    assert told[:1] == ["The event loop's relief failed"]


def test_an_idle_process_has_no_relief_that_wakes_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    relief, looks = served.worker.dispatcher.relief, list[bool]()

    def look() -> bool:
        looks.append(False)
        return False

    monkeypatch.setattr(relief, "_is_late", look)
    for _time in range(2):
        looks.clear()
        asked(served)
        until(lambda: bool(looks))
        looks.clear()
        time.sleep(10 * limits.RELIEF_SECONDS)
        # One that it had begun with when the answer ended, and one that it owed.
        assert len(looks) <= 2


def test_the_relief_too_has_the_frames_of_its_calls_in_one_piece(served: Served) -> None:
    asked(served)
    until(lambda: not served.worker.dispatcher.relief._is_needed.is_set())
    of_reliefs = {each.ident for each in threading.enumerate() if each.name == "relief"}
    calls = [traceback.extract_stack(sys._current_frames()[ident]) for ident in of_reliefs if ident]
    assert calls
    assert all("in_one_piece" in {call.name for call in stack} for stack in calls)
