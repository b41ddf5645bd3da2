"""The fork between the machine endpoints and the sites (T33)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client, RequestFactory

from tests import wsgi_client
from tests.introspection import FORM, Statements, basic, credentials
from tokens_project.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/oauth/introspect/", "/oauth/", "/oauth/Introspect", "/oauth/introspect%00", "/oauth/%2e%2e/x", "/oauth/\xff"],
)
def test_t33_below_a_machine_prefix_everything_else_is_a_json_404_and_no_redirect(
    client: Client, path: str, method: str
) -> None:
    with Statements() as statements:
        response = client.generic(method, path)
    assert (response.status_code, response.content) == (404, b'{"error": "not_found"}')
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")
    assert statements.sql == []


@pytest.mark.parametrize(
    "path", ["/oauth", "//oauth/introspect", "/Oauth/introspect", "/x/oauth/introspect", "/nowhere/"]
)
def test_t33_any_other_address_goes_to_the_sites(client: Client, path: str) -> None:
    response = client.post(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def served(body: Any = b"", **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """What the WSGI application answers to a request as a server hands it over."""
    said: list[Any] = []
    values: dict[str, Any] = {"REQUEST_METHOD": "POST", "wsgi.input": body or io.BytesIO(), **environ}
    base: dict[str, Any] = RequestFactory()._base_environ()  # type: ignore[attr-defined] # a request would read it itself
    serve: Any = application
    content = b"".join(serve(base | values, lambda status, headers: said.append((status, dict(headers)))))
    return (*said[0], content)


@pytest.mark.parametrize("method", ["GET", "POST", "PURGE"])
@pytest.mark.parametrize("path", ["/oauth/introspect", "/healthz", "/auth/forward", "/api/nothing"])
def test_t33_nothing_of_django_begins_or_ends_a_request_of_a_machine(path: str, method: str) -> None:
    signals: list[Any] = []

    def note(signal: Any, **_told: Any) -> None:
        signals.append(signal)

    request_started.connect(note)
    request_finished.connect(note)
    served(PATH_INFO=path, REQUEST_METHOD=method)
    request_started.disconnect(note)
    request_finished.disconnect(note)
    assert signals == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/auth/nothing", "/auth/nothing"),
        ("/auth/\xff", "/auth/%FF"),
        ("/auth/\xc3\xa9", r"/auth/\xe9"),
        ("/auth/\n", r"/auth/\n"),
        ("/auth/%2e", "/auth/%2e"),
    ],
)
def test_t36_a_refusal_is_told_in_the_log_as_django_tells_it_of_pages(
    path: str, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, _headers, _content = served(PATH_INFO=path)
    (line,) = caplog.records
    assert status == "404 Not Found"
    assert (line.name, line.levelname, line.getMessage()) == ("django.request", "WARNING", f"Not Found: {shown}")
    assert line.__dict__["status_code"] == 404


@pytest.mark.parametrize("path", ["", None])
def test_an_empty_path_is_the_one_of_the_sites(path: str | None, client: Client) -> None:
    environ: dict[str, Any] = {} if path is None else {"PATH_INFO": path}
    assert client.get("/", **environ).headers["Location"] == "/profile/"


def test_a_path_below_forward_auth_may_hold_any_byte() -> None:
    assert served(PATH_INFO="/auth/forward\xff\x00", HTTP_AUTHORIZATION="Bearer x")[0] == "401 Unauthorized"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (FORM, "200 OK"),
        (f" {FORM} ; charset=utf-8", "200 OK"),
        (FORM.upper(), "200 OK"),
        (f"{FORM}; charset=nonsense", "200 OK"),
        (f"{FORM}; charset=\0", "400 Bad Request"),
        (f"{FORM}; a*=bogus'en'%41", "400 Bad Request"),
        ("text/plain", "400 Bad Request"),
        ("", "400 Bad Request"),
    ],
)
def test_val5_a_form_is_told_by_its_media_type(server: Any, content_type: str, status: str) -> None:
    body = io.BytesIO(b"token=x")
    headers = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": "7", "HTTP_AUTHORIZATION": credentials(server)}
    assert served(body, PATH_INFO="/oauth/introspect", **headers)[0] == status


def test_no_more_of_a_body_is_read_than_its_length_says() -> None:
    body = io.BytesIO(b"token=x&more")
    headers = {"CONTENT_TYPE": FORM, "CONTENT_LENGTH": "7", "HTTP_AUTHORIZATION": basic("rs_unknown", "x")}
    served(body, PATH_INFO="/oauth/introspect", **headers)
    assert body.tell() == 7


class Gone:
    """The body of a client that has gone."""

    def read(self, length: int) -> bytes:
        raise OSError(f"no {length} bytes")


def test_t35_a_client_that_goes_away_with_its_body_is_400_and_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, _headers, content = served(
        Gone(), PATH_INFO="/oauth/introspect", CONTENT_TYPE=FORM, CONTENT_LENGTH="7", HTTP_AUTHORIZATION=basic("x", "x")
    )
    assert (status, content) == ("400 Bad Request", b'{"error": "invalid_request"}')
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_with_debug_no_more_statements_are_kept_than_of_one_request() -> None:
    connection.queries_log.append({"sql": "of the request before"})
    wsgi_client.refresh_connection()
    assert not connection.queries_log


@pytest.mark.django_db(transaction=True)
def test_val4_a_connection_that_has_failed_is_not_used_for_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    connection.errors_occurred = True
    wsgi_client.refresh_connection()
    assert connection.connection is None
