"""A new client is left to the worker that holds the fewest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gunicorn.workers.gthread import ThreadWorker

from tests.tokens_project.server.served_worker import CLOSE, Served, head, until
from tokens_project import gunicorn_conf
from tokens_project.server import limits
from tokens_project.server.balance import Place
from tokens_project.server.worker import Worker

pytestmark = pytest.mark.once


@pytest.fixture
def places() -> Iterator[tuple[Place, Place]]:
    """Two workers that have just begun; no other is there."""
    two = Place(20), Place(21)
    for place in two:
        place.tell(0)
    yield two
    for place in two:
        place.end()


def test_ava3_who_holds_more_leaves_a_client_once_and_then_takes_it_in(places: tuple[Place, Place]) -> None:
    busy, _idle = places
    assert not busy.leaves_the_next()
    busy.tell(1)
    assert [busy.leaves_the_next() for _time in range(4)] == [True, False, True, False]


def test_ava3_who_holds_as_few_as_any_takes_every_client_in(places: tuple[Place, Place]) -> None:
    one, other = places
    one.tell(7)
    other.tell(7)
    assert not one.leaves_the_next()
    assert not one.is_leaving


def test_ava3_a_worker_that_has_ended_is_left_nothing(places: tuple[Place, Place]) -> None:
    one, other = places
    one.tell(7)
    other.end()
    other.tell(0)
    assert not one.leaves_the_next()


def test_ava3_the_master_takes_out_a_worker_that_was_killed(places: tuple[Place, Place]) -> None:
    class Killed:
        age = 21

    one, _killed = places
    one.tell(7)
    gunicorn_conf.child_exit(None, Killed())
    assert not one.leaves_the_next()


def test_ava3_a_worker_that_still_loads_the_application_is_left_nothing(
    places: tuple[Place, Place], worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = places
    one.tell(7)
    other.end()
    left: list[bool] = []
    monkeypatch.setattr(Worker, "load_wsgi", lambda _self: left.append(one.leaves_the_next()))
    monkeypatch.setattr(ThreadWorker, "run", lambda _self: None)
    worker.init_process()
    worker.set_accept_enabled(True)
    left.append(one.leaves_the_next())
    worker.place.end()
    assert left == [False, True]


def test_ava3_who_has_left_a_client_listens_again_soon_whenever_the_moment_ends(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(ThreadWorker, "run", lambda _self: None)
    monkeypatch.setattr(ThreadWorker, "wait_for_and_dispatch_events", lambda _self, timeout: waits.append(timeout))
    worker.init_process()
    # The moment was not over when the loop asked whether to listen, and is now.
    worker.wait_for_and_dispatch_events(1.0)
    worker.set_accept_enabled(True)
    worker.wait_for_and_dispatch_events(1.0)
    worker.set_accept_enabled(False)
    worker.place.end()
    worker.alive = False
    worker.wait_for_and_dispatch_events(1.0)
    assert waits == [limits.LEAVE_SECONDS, 1.0, 1.0]


def test_ava3_a_client_that_nobody_else_takes_is_answered(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEAVE_SECONDS", 0.05)
    idle = Place(served.worker.age + 1)
    idle.tell(0)
    try:
        with served.connect() as kept:
            kept.sendall(head())
            assert kept.recv(65_536)
            assert b"200 OK" in served.ask(head(b"/", CLOSE))
        until(lambda: served.worker.nr_conns == 0)
    finally:
        idle.end()
