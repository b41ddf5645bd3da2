"""What each proxy of deploy/ lets through to the service, what it keeps, and what it asks for twice."""

from __future__ import annotations

import re
import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deployment.upstreams import Arrived, Upstream, upstream
from tests.postgresql import free_port
from tests.site_proxies import HOST, Browser, proxy

pytestmark = pytest.mark.once

POST = "POST /oauth/introspect HTTP/1.1"


class Behind(NamedTuple):
    """A proxy, and the two servers behind it."""

    browser: Browser
    servers: tuple[Upstream, Upstream]

    @property
    def arrived(self) -> list[Arrived]:
        """What both servers got."""
        return [request for server in self.servers for request in server.arrived]


@pytest.fixture(params=["caddy", "haproxy", "nginx"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def behind(name: str, tmp_path: Path) -> Iterator[Behind]:
    with upstream() as one, upstream() as two:
        ports = (one.server_port, two.server_port)
        with proxy(name, tmp_path / "proxy", free_port(), *ports) as browser:
            yield Behind(browser, (one, two))


def test_nothing_arrives_of_what_a_client_says_of_itself(behind: Behind) -> None:
    lies = ("Forwarded: for=6.6.6.6;proto=http", "Proxy: http://evil.example", "X-Request-Id: mine")
    path = "/auth/resource/a%2Fb/%2E%2E/c?d=%2F"
    assert behind.browser.ask(f"GET {path} HTTP/1.1", *lies, "Keep-Alive: timeout=5", "TE: trailers").status == 200
    (arrived,) = behind.arrived
    assert arrived.path == path
    assert arrived.values("X-Forwarded-For") == ["127.0.0.1"]
    assert arrived.values("X-Forwarded-Proto") == ["https"]
    assert arrived.values("Host")[0].partition(":")[0] == HOST
    (request_id,) = arrived.values("X-Request-Id")
    assert re.fullmatch(r"[A-Za-z0-9._-]{16,60}", request_id)
    for gone in ("X-Forwarded-Host", "X-Forwarded-Ssl", "Forwarded", "Proxy", "Keep-Alive", "TE"):
        assert arrived.values(gone) == []


def test_apache_lets_nothing_arrive_that_counts(tmp_path: Path) -> None:
    with upstream() as one, proxy("apache", tmp_path / "proxy", free_port(), one.server_port) as browser:
        lies = ("Forwarded: for=6.6.6.6;proto=http", "X-Request-Id: mine")
        assert browser.ask("GET /auth/resource/a HTTP/1.1", *lies).status == 200
        assert browser.ask("GET /metrics HTTP/1.1").status == 404
    (arrived,) = one.arrived
    assert arrived.values("X-Forwarded-For")[-1].split(", ")[-1] == "127.0.0.1"
    assert arrived.values("X-Forwarded-Proto") == ["https"]
    for gone in ("X-Request-Id", "X-Forwarded-Ssl", "Forwarded"):
        assert arrived.values(gone) == []


def test_metrics_are_not_public(behind: Behind) -> None:
    for path in ("/metrics", "/metrics?all=1", "/%6Detrics"):
        assert behind.browser.ask(f"GET {path} HTTP/1.1").status == 404
    assert behind.arrived == []


@pytest.mark.parametrize("each", ["apache", "caddy", "haproxy", "nginx"])
def test_t43_no_proxy_tells_its_version(each: str, tmp_path: Path) -> None:
    with upstream() as one, proxy(each, tmp_path / "proxy", free_port(), one.server_port) as browser:
        refused = browser.ask("GET /metrics HTTP/1.1")
        assert refused.status == 404
        assert not re.search(r"\d", refused.header("Server") or "")
        assert not re.search(rb"/\d", refused.body)


def test_nothing_is_served_in_clear(behind: Behind) -> None:
    page = behind.browser.ask_in_clear("GET /profile/?a=b HTTP/1.1")
    assert (page.status, page.header("Location")) == (308, f"https://{HOST}/profile/?a=b")
    for line in (POST, "GET /auth/resource/x HTTP/1.1", "GET /api/token HTTP/1.1", "POST /leaks/revoke HTTP/1.1"):
        assert behind.browser.ask_in_clear(line).status == 403
    assert behind.arrived == []


def test_tls_begins_with_1_2_and_speaks_http_2(behind: Behind) -> None:
    for version, expected in {"TLSv1_1": None, "TLSv1_2": "h2", "TLSv1_3": "h2"}.items():
        assert protocol(behind.browser, version) == expected


@pytest.mark.parametrize("each", ["apache", "caddy", "haproxy", "nginx"])
def test_no_proxy_takes_a_cipher_without_authentication_of_its_own(each: str, tmp_path: Path) -> None:
    with upstream() as one, proxy(each, tmp_path / "proxy", free_port(), one.server_port) as browser:
        assert protocol(browser, "TLSv1_2", "ECDHE+AESGCM")
        assert protocol(browser, "TLSv1_2", "ECDHE+AES:RSA+AES:DHE+AES:!AESGCM:!AESCCM") is None
        assert protocol(browser, "TLSv1_2", "RSA+AESGCM") is None


def protocol(browser: Browser, version: str, ciphers: str = "DEFAULT") -> str | None:
    """What is spoken over this version of TLS; None where it is refused."""
    context = ssl.create_default_context(cafile=browser.certificate)
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    try:
        with (
            socket.create_connection(("127.0.0.1", browser.port), timeout=20) as connected,
            context.wrap_socket(connected, server_hostname=HOST) as secured,
        ):
            return secured.selected_alpn_protocol() or "http/1.1"
    except (ssl.SSLError, ConnectionError):
        return None


def test_a_request_that_changes_nothing_is_asked_for_again(behind: Behind) -> None:
    dying, _other = behind.servers
    dying.dies = True
    # Until it is asked: Caddy chooses by chance among servers that have nothing to do.
    for _each in range(30):
        assert behind.browser.ask("GET /profile/ HTTP/1.1").status == 200
        if dying.arrived:
            break
    assert dying.arrived


def test_a_post_that_was_sent_is_not_repeated(behind: Behind) -> None:
    for server in behind.servers:
        server.dies = True
    assert behind.browser.ask(POST, form="token=x").status == 502
    assert [request.method for request in behind.arrived] == ["POST"]


def test_a_post_that_could_not_be_sent_goes_to_the_other(behind: Behind) -> None:
    one, two = behind.servers
    one.stop()
    assert {behind.browser.ask(POST, form="token=x").status for _each in range(4)} == {200}
    assert [(request.method, request.length) for request in two.arrived] == [("POST", 7)] * 4


def test_ava1_a_slow_body_is_held_by_the_proxy(behind: Behind) -> None:
    with behind.browser.connect() as client:
        client.sendall(f"{POST}\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 10\r\n\r\ntoken".encode())
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert [server.heads for server in behind.servers] == [0, 0]
        client.settimeout(60)
        client.sendall(b"=1234")
        assert client.recv(1000).split()[1] == b"200"


def test_what_is_too_long_is_left_to_the_service_to_refuse(behind: Behind) -> None:
    long = [f"X-Long-{number}: {'x' * 7000}" for number in range(3)]
    assert behind.browser.ask(POST, *long, form="x" * 200_000).status == 200
    (arrived,) = behind.arrived
    assert (arrived.length, len(arrived.values("X-Long-2")[0])) == (200_000, 7000)
