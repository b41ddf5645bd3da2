"""The server itself loses no request that reached it: not when it is told to stop, nor when it is told to reload."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.deployment.load import Asked, load, mixed
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.gunicorn import Gunicorn, gunicorn
from tests.long_runs import rounds
from tests.site_proxies import HOST

pytestmark = [pytest.mark.once, pytest.mark.long_run, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked() -> list[Asked]:
    """An introspection, forward auth, and a page."""
    token = issued_pat(UserFactory.create(), ApplicationFactory.create(), scopes=["read"]).plaintext
    return mixed(ResourceServerFactory.create(), token)


def test_reload_loses_no_request(asked: list[Asked], tmp_path: Path) -> None:
    with gunicorn(tmp_path, ALLOWED_HOSTS=HOST) as server, load(asked, [partial(connected, server.port)] * 4) as asking:
        for reload in range(1, rounds(1, long=5) + 1):
            server.process.send_signal(signal.SIGHUP)
            wait_until_reloaded(server, reload)
        asking.wait_for(rounds(200, long=2_000))
    print(f"{asking.answers} answers, the longest after {asking.longest:.2f} s")
    assert asking.failed == []


def test_restart_loses_no_request_where_the_socket_is_held(asked: list[Asked], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as held, ExitStack() as running:
        running.enter_context(gunicorn(tmp_path, held=held, ALLOWED_HOSTS=HOST))
        with load(asked, [partial(connected, held.getsockname()[1])] * 4) as asking:
            for _each in range(rounds(1, long=5)):
                running.close()
                running.enter_context(gunicorn(tmp_path, held=held, ALLOWED_HOSTS=HOST))
            asking.wait_for(rounds(200, long=2_000))
    print(f"{asking.answers} answers, the longest after {asking.longest:.2f} s")
    assert asking.failed == []


def connected(port: int) -> socket.socket:
    """A client of this port."""
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def wait_until_reloaded(server: Gunicorn, times: int) -> None:
    """Return once gunicorn has ended the workers of before, for so many times."""
    deadline = time.monotonic() + 60
    while server.log.read_text().count("Worker exiting") < times * 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
