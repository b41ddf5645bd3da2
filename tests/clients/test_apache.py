"""`docs/snippets/apache.conf` in Debian's Apache: mod_auth_openidc asks introspection over TLS, as it insists."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import postgresql, programs
from tests.clients.proxies import SNIPPETS
from tests.clients.upstream import Api, Proxy, serving
from tests.service import Service, ask, end, wait_until_it_answers

pytestmark = pytest.mark.once

MODULES = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http", "auth_openidc"]


def tls_before(service: Service, folder: Path) -> ThreadingHTTPServer:
    """TLS in front of the service, with a certificate for localhost."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names]
    subprocess.run(command, check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = ("Authorization", "Content-Type")
            headers = {name.replace("-", "_"): self.headers[name] for name in names}
            answer = ask(service.port, "POST", self.path, body, **headers)
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


@pytest.fixture(scope="module")
def api() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture(scope="module")
def tls(service: Service) -> Iterator[tuple[int, Path]]:
    """The port that speaks TLS, and the folder with its certificate."""
    folder = Path(tempfile.mkdtemp(prefix="tls-"))
    folder.chmod(0o755)
    server = tls_before(service, folder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, folder
    server.shutdown()
    thread.join()
    server.server_close()
    shutil.rmtree(folder)


@contextmanager
def apache(service: Service, api: int, address: str, certificate: Path, without: str = "") -> Iterator[Proxy]:
    """Serve the snippet, perhaps without one of its lines."""
    program = programs.apache()
    if program is None:
        pytest.skip("Apache and mod_auth_openidc are not installed")
    port = postgresql.free_port()
    text = (SNIPPETS / "apache.conf").read_text()
    for before, after in {
        "https://tokens.example.com": address,
        "rs_0123456789abcdef0123": service.secrets["client_id"],
        "127.0.0.1:9000": f"127.0.0.1:{api}",
        "<VirtualHost *:80>": f"<VirtualHost *:{port}>",
        **({without: ""} if without else {}),
    }.items():
        assert before in text
        text = text.replace(before, after)
    folder, user = Path(tempfile.mkdtemp(prefix="apache-")), postgresql.other_user()
    try:
        log = folder / "error.log"
        lines = [f"LoadModule {name}_module {programs.APACHE_MODULES}/mod_{name}.so" for name in MODULES]
        lines += [f"ServerRoot {folder}", f"PidFile {folder}/pid", f"ErrorLog {log}", "ServerName localhost"]
        lines += [f"Listen 127.0.0.1:{port}", f"OIDCCABundlePath {certificate}"] + ([f"User {user}"] if user else [])
        (folder / "apache.conf").write_text("\n".join([*lines, text]))
        environment = os.environ | {"REFERENCE_TOKENS_SECRET": service.secrets["client_secret"]}
        if user:
            shutil.chown(folder, user)
        command = [str(program), "-X", "-f", f"{folder}/apache.conf"]
        with log.open("ab") as errors:
            process = subprocess.Popen(command, cwd="/", env=environment, stdout=errors, stderr=errors)
        try:
            wait_until_it_answers(port, process, log, "/")
            yield Proxy(port)
        finally:
            end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def proxy(service: Service, api: int, tls: tuple[int, Path]) -> Iterator[Proxy]:
    port, folder = tls
    with apache(service, api, f"https://localhost:{port}", folder / "certificate.pem") as served:
        yield served


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("--user", "alice", "--scopes", "read update")


def test_a_good_token_passes_with_the_name_in_place_of_the_clients_word(proxy: Proxy, token: str) -> None:
    names = ("Username", "Subject", "Kind", "Scope", "Client_Id", "Token_Id", "Expires")
    forged = {f"X_Auth_{name}": "root" for name in names}
    got = proxy.passed_on("POST", "/orders?a=b", b"x=1", Authorization=f"Bearer {token}", **forged)
    assert (got["method"], got["path"], got["body"]) == ("POST", "/orders?a=b", "x=1")
    assert "root" not in got["headers"].values()
    identity = [got["headers"][f"x-auth-{name}"] for name in ("username", "kind", "client-id", "scope")]
    assert identity == ["alice", "PAT", "com.example/excel", "read update"]
    assert got["headers"]["x-auth-expires"].isdecimal()
    assert token not in json.dumps(got)
    assert not [name for name in got["headers"] if name.startswith("oidc")]


def test_a_token_that_never_expires_says_so(proxy: Proxy, service: Service) -> None:
    policy = ("--access-tokens", "AuthenticatedUsers", "--scopes", "read", "--allow-no-expiry")
    service.manage("create_application", "com.example/eternal", "--name", "Eternal", *policy)
    issued = service.manage("issue_token", "--application", "com.example/eternal", "--user", "alice", "--no-expiry")
    eternal = issued["token"]
    headers = proxy.passed_on("GET", "/", Authorization=f"Bearer {eternal}", X_Auth_Expires="1")["headers"]
    assert headers["x-auth-expires"] == "never"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_without_a_token_no_method_is_free(proxy: Proxy, method: str) -> None:
    before = Api.requests
    assert proxy.ask(method, "/orders").status in {401, 403}
    assert Api.requests == before


def test_a_bad_token_and_one_without_the_scope_are_refused(proxy: Proxy, service: Service) -> None:
    updating = service.token("--user", "alice", "--scopes", "update")
    before = Api.requests
    for text in ("enrt_no", updating):
        assert proxy.ask("GET", "/", Authorization=f"Bearer {text}").status == 401
    assert Api.requests == before


def test_tok8_after_its_revocation_a_token_is_refused(proxy: Proxy, service: Service) -> None:
    token = service.token("--user", "alice", "--scopes", "read")
    assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 200
    assert service.ask("DELETE", "/api/token", Authorization=f"Bearer {token}").status == 204
    assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 401


def test_guide_tells_the_truth_about_the_interval(service: Service, api: int, tls: tuple[int, Path]) -> None:
    token = service.token("--user", "alice", "--scopes", "read")
    line = "OIDCOAuthTokenIntrospectionInterval -1"
    with apache(service, api, f"https://localhost:{tls[0]}", tls[1] / "certificate.pem", without=line) as proxy:
        assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 200
        assert service.ask("DELETE", "/api/token", Authorization=f"Bearer {token}").status == 204
        assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 200


def test_guide_tells_the_truth_about_plain_http(service: Service, api: int, tls: tuple[int, Path]) -> None:
    if programs.apache() is None:
        pytest.skip("Apache and mod_auth_openidc are not installed")
    plain = apache(service, api, service.address, tls[1] / "certificate.pem")
    with pytest.raises(AssertionError, match='cannot be parsed as a "https" URL'), plain:
        pass


def test_val4_where_the_service_does_not_answer_nobody_passes(
    service: Service, api: int, tls: tuple[int, Path], token: str
) -> None:
    before = Api.requests
    address = f"https://localhost:{postgresql.free_port()}"
    with apache(service, api, address, tls[1] / "certificate.pem") as proxy:
        assert proxy.ask("GET", "/", Authorization=f"Bearer {token}").status == 401
    assert Api.requests == before
