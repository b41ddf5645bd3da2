"""Clients that are slow, silent or never done hold a socket, and nobody else notices (AVA-1, AVA-2)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.factories import issued_pat
from tests.gunicorn import Gunicorn, gunicorn
from tests.introspection import UNKNOWN, basic, credentials
from tokens_project import gunicorn_conf
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

# More than all threads of both processes, for each kind.
MANY = 40
UNFINISHED = {
    "silent": b"",
    "one letter": b"G",
    "half a head": b"POST /oauth/introspect HTTP/1.1\r\nHost: x\r\nX-Long: ",
    "half a body for machines": (
        b"POST /oauth/introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nto"
    ),
    "half a body with a caller": (
        b"POST /oauth/introspect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    ),
    "half a chunk": b"POST /oauth/introspect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nto",
    "half a form": b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nlo",
    "a whole request, again and again, never read": b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60,
}


PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@contextmanager
def held_open(server: Gunicorn, data: bytes, number: int = MANY) -> Iterator[list[socket.socket]]:
    """So many connections that each have sent this, and wait."""
    with ExitStack() as stack:
        connections = []
        for _each in range(number):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(data)
            connections.append(connection)
        yield connections


@pytest.mark.parametrize("data", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_ava1_unfinished_clients_stop_no_validation(live_gunicorn: Gunicorn, server: Any, data: bytes) -> None:
    with held_open(live_gunicorn, data):
        # Each answer comes within the ten seconds of the socket, although more clients wait than there are threads.
        answers = {live_gunicorn.introspect(server, UNKNOWN).status for _each in range(20)}
        healthy = live_gunicorn.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status
    assert (answers, healthy) == ({200}, 200)


def test_ava1_where_few_files_may_be_open_clients_leave_enough_for_the_work(
    tmp_path: Path, application: TrustedApplication, alice: User, server: Any
) -> None:
    token = issued_pat(alice, application).plaintext
    with gunicorn(tmp_path, files=150, WORKERS="1") as few, held_open(few, UNFINISHED["one letter"], 200):
        answers = {few.introspect(server, token).body[:15] for _each in range(20)}
        pages = {few.send(PAGE).status for _each in range(8)}
    assert (answers, pages) == ({b'{"active": true'}, {302})


def test_ava1_unfinished_clients_stop_no_page(live_gunicorn: Gunicorn) -> None:
    with held_open(live_gunicorn, UNFINISHED["half a form"]):
        assert live_gunicorn.send(PAGE).status == 302


def half_a_body(authorization: str, path: bytes = b"/oauth/introspect") -> bytes:
    """The head of a request that says who asks, and the beginning of its body."""
    return (
        b"POST "
        + path
        + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: "
        + authorization.encode()
        + b"\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nto"
    )


@pytest.mark.parametrize("path", [b"/oauth/introspect", b"/oauth/revoke"])
def test_ava2_an_unknown_caller_is_refused_before_its_body_arrives(live_gunicorn: Gunicorn, path: bytes) -> None:
    answer = live_gunicorn.send(half_a_body(basic("rs_unknown", "x"), path))
    assert (answer.status, answer.body, answer.header("Connection")) == (401, b'{"error": "invalid_client"}', "close")


def test_ava2_a_token_that_is_no_good_is_refused_before_the_body_arrives(live_gunicorn: Gunicorn, server: Any) -> None:
    assert live_gunicorn.send(half_a_body(f"Bearer {UNKNOWN}", b"/api/token/rotate")).status == 401


def test_ava2_a_known_caller_may_take_its_time_over_the_body(live_gunicorn: Gunicorn, server: Any) -> None:
    body = f"token={UNKNOWN}".encode()
    head = half_a_body(credentials(server)).replace(b"100", str(len(body)).encode()).removesuffix(b"to")
    with held_open(live_gunicorn, head, 1) as [connection]:
        connection.settimeout(0.6)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(60)
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_ava2_who_expects_100_continue_is_told_before_sending_the_body(live_gunicorn: Gunicorn, server: Any) -> None:
    body = f"token={UNKNOWN}".encode()
    head = half_a_body(credentials(server)).replace(b"100", str(len(body)).encode()).removesuffix(b"to")
    with held_open(live_gunicorn, head.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"), 1) as [connection]:
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_connection_without_a_request_is_kept_for_as_long_as_the_setting_says(tmp_path: Path, db: None) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with gunicorn(tmp_path, KEEP_ALIVE_SECONDS="8") as server, held_open(server, request, 1) as [connection]:
        for _each in range(2):
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")
            # A balancer that uses it again late finds it open.
            time.sleep(2.5)
            connection.sendall(request)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")
        assert connection.recv(1) == b""


def test_by_default_a_connection_is_kept_longer_than_balancers_keep_theirs() -> None:
    assert gunicorn_conf.keepalive > 75
