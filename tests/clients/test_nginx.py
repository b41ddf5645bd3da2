"""Contract 4.4 as nginx lives it: `docs/snippets/nginx.conf` between a client, the real service and a small API."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgresql, programs
from tests.clients.upstream import Api, Proxy, serving
from tests.command_line import BASE_DIR
from tests.service import Service, end, wait_until_it_answers

pytestmark = pytest.mark.once

GUIDE = BASE_DIR / "docs" / "snippets" / "nginx.conf"
SURROUNDINGS = Path(__file__).with_name("nginx.conf")
CREDENTIALS = ["authorization", "x-api-key", "api-key"]


@pytest.fixture(scope="module")
def api() -> Iterator[int]:
    with serving() as port:
        yield port


@contextmanager
def nginx(api: int, tokens: int, client_id: str) -> Iterator[Proxy]:
    """Serve the guide's configuration with these ports and this client id."""
    program = programs.nginx()
    if program is None:
        pytest.skip("nginx is not installed")
    proxy = Proxy(postgresql.free_port())
    configuration = GUIDE.read_text()
    for placeholder, value in {
        "https://tokens.example.com": f"http://127.0.0.1:{tokens}",
        "127.0.0.1:9000": f"127.0.0.1:{api}",
        "listen 80;": f"listen 127.0.0.1:{proxy.port};",
        "rs_0123456789abcdef0123": client_id,
    }.items():
        assert placeholder in configuration
        configuration = configuration.replace(placeholder, value)
    folder, user = Path(tempfile.mkdtemp(prefix="nginx-")), postgresql.other_user()
    try:
        (folder / "api.conf").write_text(configuration)
        shutil.copy(SURROUNDINGS, folder / "nginx.conf")
        log = folder / "error.log"
        log.touch()
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user) if user else None
        command = [str(program), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"]
        groups: list[str] | None = [] if user else None
        process = subprocess.Popen(command, user=user, extra_groups=groups, cwd="/", stderr=subprocess.DEVNULL)
        try:
            wait_until_it_answers(proxy.port, process, log, "/")
            yield proxy
        finally:
            end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def proxy(api: int, service: Service) -> Iterator[Proxy]:
    with nginx(api, service.port, service.secrets["client_id"]) as served:
        yield served


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


def test_a_good_token_passes_with_the_identity_in_place_of_the_clients_word(proxy: Proxy, token: str) -> None:
    forged = {f"X_Auth_{name}": "root" for name in ("Username", "Subject", "Kind", "Scope", "Client_Id", "Expires")}
    headers = proxy.passed_on("GET", "/orders?page=2", Authorization=f"Bearer {token}", **forged)["headers"]
    identity = {name: value for name, value in headers.items() if name.startswith("x-auth-")}
    assert identity.keys() == {
        f"x-auth-{name}" for name in ("subject", "username", "kind", "client-id", "token-id", "scope", "expires")
    }
    assert (identity["x-auth-username"], identity["x-auth-kind"]) == ("alice", "PAT")
    assert (identity["x-auth-client-id"], identity["x-auth-scope"]) == ("com.example/excel", "read update")
    assert "root" not in headers.values()


def test_t32_a_name_with_an_underscore_does_not_reach_the_api(proxy: Proxy, token: str) -> None:
    lines = f"GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nX-Api-Key: {token}\r\nX_Auth_Username: root\r\n\r\n"
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connected:
        connected.sendall(lines.encode())
        answer = connected.makefile("rb").read()
    assert b" 200 " in answer.splitlines()[0]
    assert b"root" not in answer


@pytest.mark.parametrize("header", ["Authorization", "X_Api_Key", "Api_Key"])
def test_the_token_is_not_passed_on(proxy: Proxy, token: str, header: str) -> None:
    value = f"Bearer {token}" if header == "Authorization" else token
    got = proxy.passed_on("GET", "/", **{header: value})
    assert not got["headers"].keys() & set(CREDENTIALS)
    assert token not in json.dumps(got)


def test_method_path_and_body_are_passed_on(proxy: Proxy, token: str) -> None:
    body = b"name=value&" * 5_000
    got = proxy.passed_on("POST", "/orders/7?dry=1", body, X_Api_Key=token, Cookie="a=" + "b" * 6_000)
    assert (got["method"], got["path"], got["body"]) == ("POST", "/orders/7?dry=1", body.decode())
    assert got["headers"]["cookie"].startswith("a=b")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_without_a_token_no_method_is_free(proxy: Proxy, method: str) -> None:
    before = Api.requests
    answer = proxy.ask(method, "/orders")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert Api.requests == before


def test_a_bad_token_or_two_are_refused(proxy: Proxy, token: str) -> None:
    before = Api.requests
    bad = proxy.ask("GET", "/", Authorization=f"Bearer {token[:-1]}Z")
    two = proxy.ask("GET", "/", Authorization=f"Bearer {token}", X_Api_Key=token)
    basic = proxy.ask("GET", "/", Authorization="Basic YWxpY2U6cGFzc3dvcmQ=")
    assert [answer.status for answer in (bad, two, basic)] == [401, 401, 401]
    assert bad.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'
    assert two.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_request"'
    assert Api.requests == before


def test_tok8_after_its_revocation_a_token_is_refused(proxy: Proxy, service: Service) -> None:
    token = service.token("--user", "alice")
    assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 200
    assert service.ask("DELETE", "/api/token", Authorization=f"Bearer {token}").status == 204
    assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 401


def test_address_of_the_question_is_not_open_to_clients(proxy: Proxy, token: str) -> None:
    assert proxy.ask("GET", "/_reference_token", Authorization=f"Bearer {token}").status == 404


def test_a_token_without_a_required_scope_is_forbidden(api: int, service: Service, token: str) -> None:
    server = service.manage("create_resource_server", "Writers", "--all-applications", "--required-scopes", "update")
    reading = service.token("--user", "alice", "--scopes", "read")
    with nginx(api, service.port, server["client_id"]) as proxy:
        assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 200
        assert proxy.ask("GET", "/", Authorization=f"Bearer {reading}").status == 403


def test_val4_where_the_service_does_not_answer_nobody_passes(api: int, service: Service, token: str) -> None:
    before = Api.requests
    with nginx(api, postgresql.free_port(), service.secrets["client_id"]) as proxy:
        assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 500
    assert Api.requests == before
