"""The three clients for Python: what they tell of a token, and that trouble is never taken for a bad one.

The file of docs/examples, and the two of the package, which may take its place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import reference_tokens_client
from reference_tokens_client.async_client import AsyncClient

from tests import postgresql
from tests.clients.snippets import CLIENT, loaded, revoke
from tests.clients.upstream import serving
from tests.service import Service
from tests.service import running as serving_product
from tests.service import serving as serving_again

pytestmark = pytest.mark.once


LIBRARIES = ("file", "package", "asynchronous")


@pytest.fixture(scope="module", params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Any:
    return library_named(request.param)


def library_named(name: str) -> Any:
    if name == "file":
        return loaded("the_file_of_docs", CLIENT)
    if name == "package":
        return reference_tokens_client
    return SimpleNamespace(Client=Awaited, Unavailable=reference_tokens_client.Unavailable)


class Awaited:
    """The asynchronous client, waited for."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.make = partial(AsyncClient, *arguments, **named)
        asyncio.run(self.make().aclose())

    def introspect(self, token: str) -> reference_tokens_client.Token | None:
        async def introspected() -> reference_tokens_client.Token | None:
            async with self.make() as client:
                return await client.introspect(token)

        return asyncio.run(introspected())

    def __repr__(self) -> str:
        return repr(self.make())


@pytest.fixture
def client(library: ModuleType, service: Service) -> Any:
    return library.Client(service.address, service.secrets["client_id"], service.secrets["client_secret"])


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


class Odd(BaseHTTPRequestHandler):
    """A service in trouble: answers what the test lays here."""

    status = 200
    content = b""
    location = ""
    delay = 0.0
    requests = 0

    def do_POST(self) -> None:
        type(self).requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay)
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def odd(library: ModuleType) -> Iterator[tuple[type[Odd], Any]]:
    handler = type("OddNow", (Odd,), {})
    with serving(handler) as port:
        yield handler, library.Client(f"http://127.0.0.1:{port}", "rs_x", "enrs_y", timeout=20)


def test_client_tells_whom_a_good_token_speaks_for(client: Any, token: str) -> None:
    good = client.introspect(token)
    assert (good.username, good.application, good.kind) == ("alice", "com.example/excel", "PAT")
    assert good.scopes == {"read", "update"}
    assert good.expires_at > good.issued_at
    assert good.claims["active"] is True
    with pytest.raises(AttributeError):
        good.kind = "SAT"


def test_client_forgets_between_two_calls(client: Any, service: Service) -> None:
    token = service.token("--user", "alice")
    assert client.introspect(token) is not None
    revoke(service, token)
    assert client.introspect(token) is None


def test_what_is_no_token_costs_no_request(odd: tuple[type[Odd], Any], token: str) -> None:
    handler, client = odd
    for text in ("", "enrt_", token.lower(), token + "\n", token[:-1] + "Z", token[:-1] + "é", f"Bearer {token}"):
        assert client.introspect(text) is None
    mistyped = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert client.introspect(mistyped) is None
    assert handler.requests == 0


@pytest.mark.parametrize("status", [301, 400, 401, 405, 413, 429, 500, 502, 503, 504])
def test_val4_no_refusal_of_the_service_is_taken_for_a_bad_token(
    library: ModuleType, odd: tuple[type[Odd], Any], token: str, status: int
) -> None:
    handler, client = odd
    handler.status, handler.location = status, "/elsewhere"
    with pytest.raises(library.Unavailable):
        client.introspect(token)
    assert handler.requests == 1


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"active": 1}', b'{"active": true}', b"\xff"])
def test_val4_what_is_no_answer_is_not_taken_for_one(
    library: ModuleType, odd: tuple[type[Odd], Any], token: str, content: bytes
) -> None:
    handler, client = odd
    handler.content = content
    with pytest.raises(library.Unavailable):
        client.introspect(token)


def test_val4_a_slow_service_is_unavailable(library: ModuleType, token: str) -> None:
    # Who waited for it would be told that the token is no good.
    slow = type("Slow", (Odd,), {"delay": 1.5, "content": b'{"active": false}'})
    with serving(slow) as port, pytest.raises(library.Unavailable):
        library.Client(f"http://127.0.0.1:{port}", "rs_x", "enrs_y", timeout=0.5).introspect(token)


def test_val4_a_service_that_is_stopped_is_unavailable(library: ModuleType, token: str) -> None:
    client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    with pytest.raises(library.Unavailable):
        client.introspect(token)


def test_a_wrong_secret_is_not_taken_for_a_bad_token(library: ModuleType, service: Service, token: str) -> None:
    client = library.Client(service.address, service.secrets["client_id"], "enrs_wrong")
    with pytest.raises(library.Unavailable, match="client id and secret"):
        client.introspect(token)


def test_secret_does_not_stand_in_what_is_printed(client: Any, service: Service) -> None:
    assert service.secrets["client_id"] in repr(client)
    assert service.secrets["client_secret"] not in repr(client)


def test_address_is_one_of_the_web(library: ModuleType) -> None:
    with pytest.raises(ValueError, match="https"):
        library.Client("file:///etc/passwd", "rs_x", "enrs_y")


def test_val4_clients_notice_that_the_service_stops_and_comes_back(tmp_path: Path) -> None:
    libraries = [library_named(name) for name in LIBRARIES]
    with serving_product(tmp_path) as service:
        account = (service.address, service.secrets["client_id"], service.secrets["client_secret"])
        clients = [library.Client(*account) for library in libraries]
        token = service.token("--user", "alice")
        assert all(client.introspect(token) for client in clients)
    for library, client in zip(libraries, clients, strict=True):
        with pytest.raises(library.Unavailable):
            client.introspect(token)
    with serving_again(tmp_path / "again.log", service.settings):
        assert all(client.introspect(token) for client in clients)
