"""Introspection as APIs use it: our own client, Authlib, and the snippets for FastAPI, REST framework and Express."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc6749.requests import OAuth2Request
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from tests import postgresql, programs
from tests.clients.proxies import SNIPPETS
from tests.clients.upstream import serving
from tests.command_line import BASE_DIR
from tests.service import Service, ask, end, wait_until_it_answers
from tests.service import running as serving_product

pytestmark = pytest.mark.once

CLIENT = BASE_DIR / "docs" / "examples" / "reference_tokens_client.py"


def loaded(name: str, path: Path, text: str | None = None) -> ModuleType:
    """The file as a module of this name."""
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(text or path.read_text(), path, "exec"), module.__dict__)
    return module


@pytest.fixture(scope="module")
def library() -> Iterator[ModuleType]:
    yield loaded("reference_tokens_client", CLIENT)
    del sys.modules["reference_tokens_client"]


def snippet(name: str, address: str, client_id: str) -> str:
    text = (SNIPPETS / name).read_text()
    return text.replace("https://tokens.example.com", address).replace("rs_0123456789abcdef0123", client_id)


@pytest.fixture
def client(library: ModuleType, service: Service) -> Any:
    return library.Client(service.address, service.secrets["client_id"], service.secrets["client_secret"])


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


def revoke(service: Service, token: str) -> None:
    assert service.ask("DELETE", "/api/token", Authorization=f"Bearer {token}").status == 204


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
        yield handler, library.Client(f"http://127.0.0.1:{port}", "rs_x", "enrs_y", timeout=0.5)


# The client of docs/examples


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


def test_val4_a_slow_service_is_unavailable(library: ModuleType, odd: tuple[type[Odd], Any], token: str) -> None:
    handler, client = odd
    # Who waited for it would be told that the token is no good.
    handler.delay, handler.content = 1.5, b'{"active": false}'
    with pytest.raises(library.Unavailable):
        client.introspect(token)


def test_val4_a_service_that_is_stopped_is_unavailable(library: ModuleType, token: str) -> None:
    client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    with pytest.raises(library.Unavailable):
        client.introspect(token)


def test_a_wrong_secret_is_not_taken_for_a_bad_token(library: ModuleType, service: Service, token: str) -> None:
    client = library.Client(service.address, service.secrets["client_id"], "enrs_wrong")
    with pytest.raises(library.Unavailable, match="client id and secret"):
        client.introspect(token)


def test_secret_does_not_stand_in_what_is_printed(client: Any) -> None:
    assert client.client_secret not in repr(client)


def test_address_is_one_of_the_web(library: ModuleType) -> None:
    with pytest.raises(ValueError, match="https"):
        library.Client("file:///etc/passwd", "rs_x", "enrs_y")


# Authlib, both ways round


def test_authlib_introspects(service: Service, token: str) -> None:
    with OAuth2Client(service.secrets["client_id"], service.secrets["client_secret"]) as session:
        answer = session.introspect_token(f"{service.address}/oauth/introspect", token=token)
    assert answer.json()["username"] == "alice"


class Validator(IntrospectTokenValidator):
    """As Authlib's documentation has it."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def introspect_token(self, token_string: str) -> dict[str, Any]:
        data = {"token": token_string, "token_type_hint": "access_token"}
        auth = (self.service.secrets["client_id"], self.service.secrets["client_secret"])
        answer = httpx.post(f"{self.service.address}/oauth/introspect", data=data, auth=auth)
        return dict(answer.raise_for_status().json())


def test_authlib_protects_a_resource(service: Service, token: str) -> None:
    validator = Validator(service)
    request = OAuth2Request("GET", "https://api.example.com/")
    good = validator.authenticate_token(token)
    validator.validate_token(good, ["read"], request)
    with pytest.raises(InsufficientScopeError):
        validator.validate_token(good, ["delete"], request)
    with pytest.raises(InvalidTokenError):
        validator.validate_token(validator.authenticate_token("enrt_no"), ["read"], request)


def test_both_parts_of_basic_may_be_percent_encoded(service: Service, token: str) -> None:
    parts = (service.secrets["client_id"], service.secrets["client_secret"])
    encoded = tuple("".join(f"%{ord(character):02X}" for character in part) for part in parts)
    assert tuple(unquote(part) for part in encoded) == parts
    answer = httpx.post(f"{service.address}/oauth/introspect", data={"token": token}, auth=encoded)
    assert answer.json()["scope"] == "read update"


# FastAPI


@pytest.fixture
def fastapi_app(library: ModuleType, service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("REFERENCE_TOKENS_SECRET", service.secrets["client_secret"])
    text = snippet("fastapi_app.py", service.address, service.secrets["client_id"])
    return loaded("fastapi_app", SNIPPETS / "fastapi_app.py", text)


def asked(app: Any, **headers: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as session:
            return await session.get("/orders", headers=headers)

    return asyncio.run(answer())


def test_fastapi_lets_a_good_token_through_and_no_other(fastapi_app: Any, service: Service, token: str) -> None:
    good = asked(fastapi_app.app, Authorization=f"Bearer {token}")
    assert (good.status_code, good.json()) == (200, {"username": "alice"})
    none, bad = asked(fastapi_app.app), asked(fastapi_app.app, Authorization="Bearer enrt_no")
    assert (none.status_code, none.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert (bad.status_code, bad.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')
    updating = service.token("--user", "alice", "--scopes", "update")
    refused = asked(fastapi_app.app, Authorization=f"Bearer {updating}")
    assert refused.status_code == 403
    assert 'scope="read"' in refused.headers["WWW-Authenticate"]


def test_fastapi_refuses_a_revoked_token_and_says_503_without_the_service(
    fastapi_app: Any, library: ModuleType, service: Service
) -> None:
    token = service.token("--user", "alice", "--scopes", "read")
    assert asked(fastapi_app.app, Authorization=f"Bearer {token}").status_code == 200
    revoke(service, token)
    assert asked(fastapi_app.app, Authorization=f"Bearer {token}").status_code == 401
    fastapi_app.client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    answer = asked(fastapi_app.app, Authorization=f"Bearer {token}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


# Django REST framework


@pytest.fixture
def drf(library: ModuleType, service: Service, monkeypatch: pytest.MonkeyPatch, alice: User) -> Any:
    monkeypatch.setenv("REFERENCE_TOKENS_SECRET", service.secrets["client_secret"])
    text = snippet("drf_authentication.py", service.address, service.secrets["client_id"])
    return loaded("drf_authentication", SNIPPETS / "drf_authentication.py", text)


def drf_answer(drf: Any, **headers: str) -> Any:
    """What a view answers that asks for a signed-in user."""

    class Orders(APIView):
        authentication_classes = (drf.ReferenceToken,)
        permission_classes = (IsAuthenticated,)
        renderer_classes = (JSONRenderer,)

        def get(self, request: Any) -> Any:
            return Response({"username": request.user.username, "scopes": sorted(request.auth.scopes)})

    return Orders.as_view()(RequestFactory().get("/orders", headers=headers)).render()


def test_drf_lets_a_good_token_through_and_no_other(drf: Any, token: str) -> None:
    good = drf_answer(drf, Authorization=f"Bearer {token}")
    assert json.loads(good.content) == {"username": "alice", "scopes": ["read", "update"]}
    for headers in ({}, {"Authorization": "Bearer enrt_no"}, {"Authorization": "Bearer"}, {"Authorization": "Basic x"}):
        answer = drf_answer(drf, **headers)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_drf_refuses_whom_it_does_not_know(drf: Any, token: str, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 401


def test_drf_refuses_a_revoked_token_and_says_503_without_the_service(
    drf: Any, library: ModuleType, service: Service
) -> None:
    token = service.token("--user", "alice")
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 200
    revoke(service, token)
    assert drf_answer(drf, Authorization=f"Bearer {token}").status_code == 401
    drf.client = library.Client(f"http://127.0.0.1:{postgresql.free_port()}", "rs_x", "enrs_y")
    answer = drf_answer(drf, Authorization=f"Bearer {token}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


# Express's middleware, in Node's own server


HARNESS = """
import { createServer } from "node:http";
import { referenceToken } from "./express.mjs";
const middleware = referenceToken("read");
const server = createServer((request, response) =>
  middleware(request, response, () => response.end(JSON.stringify(request.token))));
server.listen(Number(process.env.PORT), "127.0.0.1");
"""


@pytest.fixture
def express(tmp_path: Path, service: Service) -> Iterator[Any]:
    """Starts Node with the snippet, asking the service at a port."""
    program = programs.node()
    if program is None:
        pytest.skip("Node is not installed")
    processes = []

    def start(tokens: int) -> int:
        port = postgresql.free_port()
        text = snippet("express.mjs", f"http://localhost:{tokens}", service.secrets["client_id"])
        (tmp_path / "express.mjs").write_text(text)
        (tmp_path / "server.mjs").write_text(HARNESS)
        environment = {"PORT": str(port), "REFERENCE_TOKENS_SECRET": service.secrets["client_secret"]}
        log = tmp_path / "log"
        with log.open("wb") as lines:
            command = [program, "server.mjs"]
            process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | environment, stdout=lines, stderr=lines)
        processes.append(process)
        wait_until_it_answers(port, process, log, "/")
        return port

    yield start
    for process in processes:
        end(process)


def test_express_lets_a_good_token_through_and_no_other(express: Any, service: Service, token: str) -> None:
    port = express(service.port)
    good = ask(port, "GET", "/", Authorization=f"Bearer {token}")
    assert (good.status, json.loads(good.body)["username"]) == (200, "alice")
    none, bad = ask(port, "OPTIONS", "/"), ask(port, "GET", "/", Authorization="Bearer enrt_no")
    assert (none.status, none.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert (bad.status, bad.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')
    updating = service.token("--user", "alice", "--scopes", "update")
    assert ask(port, "GET", "/", Authorization=f"Bearer {updating}").status == 403
    revoke(service, updating)
    assert ask(port, "GET", "/", Authorization=f"Bearer {updating}").status == 401


def test_val4_express_says_503_without_the_service(express: Any, token: str) -> None:
    answer = ask(express(postgresql.free_port()), "GET", "/", Authorization=f"Bearer {token}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


# curl


def test_curl_asks_with_its_secret_in_a_file(tmp_path: Path, service: Service, token: str) -> None:
    text = snippet("curl.sh", service.address, service.secrets["client_id"])
    (line,) = [line for line in text.splitlines() if line.startswith("#   user = ")]
    settings = line.removeprefix("#   ").replace("enrs_…", service.secrets["client_secret"])
    (tmp_path / ".reference-tokens.curl").write_text(settings + "\n")
    environment = {"HOME": str(tmp_path), "TOKEN": token, "PATH": os.environ["PATH"]}
    outcome = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, timeout=30, check=True)
    assert json.loads(outcome.stdout)["username"] == "alice"


def test_val4_client_notices_that_the_service_stops_and_comes_back(library: ModuleType, tmp_path: Path) -> None:
    with serving_product(tmp_path) as service:
        client = library.Client(service.address, service.secrets["client_id"], service.secrets["client_secret"])
        token = service.token("--user", "alice")
        assert client.introspect(token) is not None
    with pytest.raises(library.Unavailable):
        client.introspect(token)
