"""Forward auth over a raw socket, against the real server: whatever is odd fails closed (T24-T32)."""

from __future__ import annotations

import http.client
import socket

import pytest

from accounts.models import User
from tests.factories import issued_pat
from tests.gunicorn import Answer, Gunicorn
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> bytes:
    return issued_pat(alice, application).plaintext.encode()


def ask(
    live: Gunicorn, *lines: bytes, method: bytes = b"GET", path: bytes = b"/auth/forward", end: bytes = b""
) -> Answer:
    """The answer to a request with these header lines."""
    head = b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *lines])
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connected:
        connected.sendall(head + b"\r\n\r\n" + end)
        response = http.client.HTTPResponse(connected, method=method.decode())
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())


def test_t26_every_method_needs_the_credential_and_is_answered_alike(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    for method in (b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT", b"DELETE", b"PROPFIND", b"QUERY"):
        for path in (b"/auth/forward", b"/auth/forward/a%20b/../%2e%2e/;x?y=z", b"/auth/forward//%00%ff"):
            assert ask(live_gunicorn, method=method, path=path).status == 401
            good = ask(live_gunicorn, b"Authorization: Bearer " + plaintext, method=method, path=path)
            assert (good.status, good.header("X-Auth-Username")) == (200, "alice")


def test_t24_t32_several_credentials_and_underscores_are_refused(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    bearer, key = b"Authorization: Bearer " + plaintext, b"X-Api-Key: " + plaintext
    for lines in ([bearer, bearer], [bearer, key], [key, key], [bearer + b", x"], [bearer + b" x"], [bearer + b"\x80"]):
        assert ask(live_gunicorn, *lines).status in {400, 401}
    for lines in ([b"X_Api_Key: " + plaintext], [b"Api_Key: " + plaintext], [b"X_Api-Key: " + plaintext]):
        answer = ask(live_gunicorn, *lines)
        assert (answer.status, answer.header("WWW-Authenticate")) == (401, 'Bearer realm="api"')


def test_t27_whatever_the_server_itself_refuses_is_no_2xx_or_3xx(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    bearer = b"Authorization: Bearer " + plaintext
    for line in (b"X: a\0b", b"X: " + b"a" * 9000, b": x", b"A b: x", b"Transfer-Encoding: x", b"Content-Length: x"):
        assert 400 <= ask(live_gunicorn, bearer, line).status < 600
    assert 400 <= ask(live_gunicorn, bearer, path=b"/auth/forward/" + b"a" * 9000).status < 500


def test_the_body_is_not_waited_for(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    lines = (b"Authorization: Bearer " + plaintext, b"Content-Length: 1000000")
    assert ask(live_gunicorn, *lines, method=b"POST", end=b"only this").status == 200


def test_t31_no_header_moves_the_path_or_the_decision(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    for line in (
        b"SCRIPT_NAME: /auth/resource/rs_x",
        b"Script-Name: /auth/resource/rs_x",
        b"PATH_INFO: /auth/forward",
        b"X-Original-URL: /auth/forward",
        b"X-Forwarded-Prefix: /auth/resource/rs_x",
    ):
        path = b"/auth/resource/rs_x/auth/forward"
        assert ask(live_gunicorn, b"Authorization: Bearer " + plaintext, line, path=path).status == 401


def test_t28_each_identity_header_stands_once_on_the_wire(live_gunicorn: Gunicorn, plaintext: bytes) -> None:
    spoofed = (b"X-Auth-Username: ada", b"X-Auth-Subject: 1")
    answer = ask(live_gunicorn, b"Authorization: Bearer " + plaintext, *spoofed)
    names = [name for name, _value in answer.headers if name.startswith("X-Auth-")]
    assert len(names) == len(set(names)) == 7
    assert answer.header("Set-Cookie") is None
