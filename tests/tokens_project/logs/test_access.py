"""ACCESS_LOG: one line for each request, of machines and of people; nothing at all where it is off."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.factories import ResourceServerFactory
from tests.gunicorn import gunicorn
from tests.introspection import FORM, basic
from tokens_project.logs.access import logged
from tokens_project.wsgi import application

pytestmark = pytest.mark.once

HOLDER = "Authorization: Bearer x"


def asked(path: str, **environ: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.input": io.BytesIO(),
    } | environ


def answering(status: str, parts: Iterable[bytes] = (b"abc", b"de")) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, [])
        return parts

    return logged(app)


def line_of(caplog: pytest.LogCaptureFixture, environ: dict[str, Any], status: str = "200 OK") -> Any:
    """What is said of a request, once its answer is ended."""
    caplog.set_level(logging.INFO)
    caplog.clear()
    answer: Any = answering(status)(environ, lambda *_said: None)
    assert b"".join(answer) == b"abcde"
    assert not caplog.records
    answer.close()
    (record,) = caplog.records
    return record


def test_a_line_says_who_asked_for_what_and_what_they_got(caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    environ = asked("/a b", HTTP_X_FORWARDED_FOR="198.51.100.7", HTTP_X_REQUEST_ID="ours", QUERY_STRING="token=x")
    record = line_of(caplog, environ, "404 Not Found")
    assert (record.name, record.method, record.path, record.status, record.bytes) == (
        "access",
        "POST",
        "/a%20b",
        404,
        5,
    )
    assert (record.client_address, record.request_id, record.resource_server) == ("198.51.100.7", "ours", "")
    assert 0 <= record.milliseconds < 5000
    assert record.getMessage().startswith("198.51.100.7 - POST /a%20b 404 ")
    assert "token" not in record.getMessage()


def test_a_line_counts_what_a_request_waited_for_a_thread(caplog: pytest.LogCaptureFixture) -> None:
    environ = asked("/", **{"reference_tokens.arrived_at": 0.001})
    assert line_of(caplog, environ).milliseconds > 1000


@pytest.mark.parametrize(
    ("path", "environ", "named"),
    [
        ("/oauth/introspect", {"HTTP_AUTHORIZATION": basic("rs_1", "x")}, "rs_1"),
        ("/oauth/revoke", {"CONTENT_TYPE": FORM, "wsgi.input": io.BytesIO(b"client_id=rs_2&client_secret=x")}, "rs_2"),
        ("/oauth/introspect", {"CONTENT_TYPE": FORM, "wsgi.input": io.BytesIO(b"token=x")}, ""),
        ("/oauth/introspect", {"CONTENT_TYPE": FORM, "wsgi.input": None}, ""),
        ("/oauth/introspect", {"HTTP_AUTHORIZATION": basic("p4ssw0rd-of-nobody", "x")}, ""),
        ("/oauth/introspect", {}, ""),
        ("/auth/resource/rs_3/orders", {}, "rs_3"),
        ("/auth/resource/enrs_secret", {}, ""),
        ("/auth/forward", {}, ""),
        ("/profile/", {"HTTP_AUTHORIZATION": basic("rs_1", "x")}, ""),
    ],
)
def test_a_line_names_the_resource_server_that_asks(
    caplog: pytest.LogCaptureFixture, path: str, environ: dict[str, Any], named: str
) -> None:
    assert line_of(caplog, asked(path, **environ)).resource_server == named


def test_the_question_whether_a_body_is_waited_for_is_no_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    parts = (b"",)
    assert answering("100 Continue", parts)(asked("/"), lambda *_said: None) is parts
    assert not caplog.records


def test_an_answer_that_breaks_off_is_ended_and_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended = []

    def parts() -> Iterator[bytes]:
        try:
            yield b"abc"
            yield b"de"
        finally:
            ended.append(True)

    answer: Any = answering("200 OK", parts())(asked("/"), lambda *_said: None)
    next(iter(answer))
    answer.close()
    assert ended == [True]
    assert caplog.records[0].bytes == 3  # type: ignore[attr-defined]


def test_without_it_nothing_stands_before_the_application() -> None:
    assert type(application).__name__ == "MachineAddresses"


@pytest.mark.django_db(transaction=True)
def test_the_server_writes_a_line_for_each_request_of_machines_and_people(tmp_path: Any) -> None:
    server = ResourceServerFactory.create()
    with gunicorn(tmp_path, ACCESS_LOG="True") as live:
        live.introspect(server, "x")
        for path in ("/healthz", "/accounts/login/?next=/secret/", "/nowhere", "/metrics"):
            live.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    lines = [line.split(" INFO access ")[1] for line in live.log.read_text().splitlines() if " INFO access " in line]
    told = [" ".join(line.split()[:5]) for line in lines]
    assert f"127.0.0.1 {server.client_id} POST /oauth/introspect 200" in told
    assert {"127.0.0.1 - GET /healthz 200", "127.0.0.1 - GET /accounts/login/ 200", "127.0.0.1 - GET /metrics 404"} <= {
        *told
    }
    assert "secret" not in " ".join(lines)
