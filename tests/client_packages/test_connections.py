"""The connections that the Python clients keep, and when a request may be sent again."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from reference_tokens_client import Client, Token, Unavailable, connections
from reference_tokens_client.async_client import AsyncClient

from tests.clients.upstream import serving

pytestmark = pytest.mark.once

INACTIVE = b'{"active": false}'


class Counting(BaseHTTPRequestHandler):
    """Answers `inactive`, and knows from which ports it was asked."""

    protocol_version = "HTTP/1.1"
    ports: list[int]
    closes = False
    content = INACTIVE

    def handle(self) -> None:
        # Whoever has read enough goes.
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        self.ports.append(self.client_address[1])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)
        # Without a word beforehand.
        self.close_connection = self.closes

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def counting() -> Iterator[tuple[type[Counting], str]]:
    handler = type("CountingNow", (Counting,), {"ports": []})
    with serving(handler) as port:
        yield handler, f"http://127.0.0.1:{port}/below"


def asked_in_turn(address: str, token: str, times: int, between: Callable[[], Any] = lambda: None) -> None:
    with Client(address, "rs_x", "enrs_y", timeout=20) as client:
        for _time in range(times):
            assert client.introspect(token) is None
            between()


def test_connection_is_kept_between_requests(counting: tuple[type[Counting], str], token: str) -> None:
    handler, address = counting
    asked_in_turn(address, token, 5)
    assert len(handler.ports) == 5
    assert len(set(handler.ports)) == 1


def test_connection_that_the_service_closed_is_not_used(counting: tuple[type[Counting], str], token: str) -> None:
    handler, address = counting
    handler.closes = True
    asked_in_turn(address, token, 3, between=lambda: time.sleep(0.05))
    assert len(set(handler.ports)) == 3


def test_connection_is_not_used_after_its_time(
    counting: tuple[type[Counting], str], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = counting
    monkeypatch.setattr(connections, "IDLE_SECONDS", -1)
    asked_in_turn(address, token, 2)
    assert len(set(handler.ports)) == 2


def test_request_that_did_not_get_out_on_a_kept_connection_is_sent_on_a_new_one(
    counting: tuple[type[Counting], str], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = counting
    with Client(address, "rs_x", "enrs_y") as client:
        client.introspect(token)
        ((kept, _since),) = client._connections._kept
        # The end is not seen beforehand, only when the request is to be written.
        kept.sock.shutdown(socket.SHUT_WR)
        monkeypatch.setattr(connections, "is_closed_by_the_service", lambda _connection: False)
        assert client.introspect(token) is None
    assert len(set(handler.ports)) == 2


def test_answer_that_is_too_long_ends_its_connection(counting: tuple[type[Counting], str], token: str) -> None:
    handler, address = counting
    handler.content = INACTIVE + b" " * 2_000_000
    with Client(address, "rs_x", "enrs_y") as client:
        for _time in range(2):
            # What is read of it is JSON, by chance.
            assert client.introspect(token) is None
    assert awaited(address, token, None) is None
    assert len(set(handler.ports)) == 3


def test_threads_share_a_client(
    counting: tuple[type[Counting], str], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _handler, address = counting
    monkeypatch.setattr(connections, "MOST_KEPT", 2)
    told: list[Token | None] = []
    with Client(address, "rs_x", "enrs_y") as client:
        threads = [threading.Thread(target=lambda: told.append(client.introspect(token))) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(client._connections._kept) <= 2
    assert told == [None] * 8


def test_process_that_is_forked_has_connections_of_its_own(
    counting: tuple[type[Counting], str], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, address = counting
    with Client(address, "rs_x", "enrs_y") as client:
        client.introspect(token)
        process = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: process + 1)
        assert client.introspect(token) is None
    assert len(set(handler.ports)) == 2


# Where nobody answers


@pytest.fixture
def refusing_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first attempt to connect fails as at a server that is down; what was tried."""
    tried: list[str] = []
    create = socket.create_connection

    def connect(address: tuple[str, int], *arguments: Any, **named: Any) -> socket.socket:
        tried.append(address[0])
        if len(tried) == 1:
            raise ConnectionRefusedError
        return create(address, *arguments, **named)

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


def test_connection_that_is_refused_is_tried_once_more(
    refusing_once: list[str], counting: tuple[type[Counting], str], token: str
) -> None:
    asked_in_turn(counting[1], token, 1)
    assert len(refusing_once) == 2


def test_request_that_breaks_off_while_it_is_sent_is_unavailable(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = connections.Connections._connected

    def connected_and_reset(kept: connections.Connections) -> Any:
        connection, (accepted, _address) = connected(kept), listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        select.select([connection.sock], [], [])
        return connection

    monkeypatch.setattr(connections.Connections, "_connected", connected_and_reset)
    broken = pytest.raises(Unavailable, match=r"no answer: (ConnectionReset|BrokenPipe)Error")
    with socket.socket() as listener, Client(silent(listener), "rs_x", "enrs_y") as client, broken:
        client.introspect(token)


def silent(listener: socket.socket) -> str:
    """The address of a server that takes a request and never answers."""
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_request_that_may_have_arrived_is_not_sent_again(token: str) -> None:
    async def asked(address: str) -> None:
        async with AsyncClient(address, "rs_x", "enrs_y", timeout=1) as client:
            await client.introspect(token)

    with socket.socket() as listener:
        address = silent(listener)
        with Client(address, "rs_x", "enrs_y", timeout=1) as client, pytest.raises(Unavailable, match="TimeoutError"):
            client.introspect(token)
        with pytest.raises(Unavailable, match="ReadTimeout"):
            asyncio.run(asked(address))
        listener.setblocking(False)
        arrived = 0
        while True:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                break
            arrived += 1
    assert arrived == 2


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and what it signed itself, for localhost."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run([*command, *names], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture
def behind_tls(certificate: Path) -> Iterator[str]:
    """The address of a service whose certificate no authority signed."""
    handler = type("CountingNow", (Counting,), {"ports": []})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign] # a client that does not trust it leaves
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def waiting(address: str, token: str, context: ssl.SSLContext | None) -> Token | None:
    with Client(address, "rs_x", "enrs_y", ssl_context=context) as client:
        return client.introspect(token)


def awaited(address: str, token: str, context: ssl.SSLContext | None) -> Token | None:
    async def asked() -> Token | None:
        async with AsyncClient(address, "rs_x", "enrs_y", ssl_context=context) as client:
            return await client.introspect(token)

    return asyncio.run(asked())


@pytest.mark.parametrize("ask", [waiting, awaited])
def test_no_certificate_is_trusted_that_nobody_vouches_for(
    ask: Callable[..., Token | None], behind_tls: str, certificate: Path, token: str
) -> None:
    with pytest.raises(Unavailable, match="no answer"):
        ask(behind_tls, token, None)
    assert ask(behind_tls, token, ssl.create_default_context(cafile=certificate.with_suffix(".crt"))) is None
