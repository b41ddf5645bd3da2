"""What the machine endpoints share: never fail open (T35), never raise (T34)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django.db
import pytest
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connection
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.models import User
from reference_tokens.models import ResourceServer
from reference_tokens.validation import validate as validation
from tests.factories import issued_pat
from tests.introspection import INACTIVE, ask, credentials, introspect, is_active
from tests.long_runs import rounds
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@contextmanager
def store_raises(error: Exception, *, of_statement: int = 1) -> Iterator[None]:
    """The database fails at the nth statement and after."""
    count = 0

    def fail(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count >= of_statement:
            raise error
        return execute(*args)

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize("of_statement", [1, 2])
@pytest.mark.parametrize(
    "error",
    [
        django.db.OperationalError("server closed the connection"),
        django.db.InterfaceError("connection already closed"),
        django.db.ProgrammingError("no such table"),
        django.db.DatabaseError("file is not a database"),
        django.db.InternalError("corrupt"),
        django.db.DataError("out of range"),
    ],
)
def test_val4_a_store_that_cannot_be_read_is_503_and_neither_active_nor_inactive(
    client: Client, server: Any, alice: User, application: TrustedApplication, error: Exception, of_statement: int
) -> None:
    ResourceServer.objects.update(shares_profile=True)  # for whom two statements are run on any database
    plaintext = issued_pat(alice, application).plaintext
    with store_raises(error, of_statement=of_statement):
        response = introspect(client, server, plaintext)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.content == b'{"error": "temporarily_unavailable"}'
    assert is_active(client, server, plaintext)


@pytest.mark.parametrize(
    "error", [SystemError("x"), Exception("x"), RuntimeError("x"), RecursionError("x"), OSError("x")]
)
def test_t35_a_fault_of_ours_is_a_json_500_and_never_200(
    client: Client, server: Any, alice: User, application: TrustedApplication, error: Exception
) -> None:
    ResourceServer.objects.update(shares_profile=True)  # for whom two statements are run on any database
    plaintext = issued_pat(alice, application).plaintext
    with store_raises(error, of_statement=2):
        response = introspect(client, server, plaintext)
    assert (response.status_code, response.content) == (500, b'{"error": "server_error"}')
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status"), [(django.db.DatabaseError("x"), 503), (SystemError("x"), 500), (Exception("x"), 500)]
)
def test_t35_a_decision_that_raises_lets_nobody_in(
    client: Client,
    server: Any,
    alice: User,
    application: TrustedApplication,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def fail(*_args: Any) -> None:
        raise error

    plaintext = issued_pat(alice, application).plaintext
    monkeypatch.setattr(validation, "decide", fail)
    assert introspect(client, server, plaintext).status_code == status


def test_t36_a_failure_is_logged_without_the_token_or_the_secret(
    client: Client, server: Any, alice: User, application: TrustedApplication, caplog: pytest.LogCaptureFixture
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    with store_raises(django.db.OperationalError("gone")):
        introspect(client, server, plaintext)
    assert "/oauth/introspect cannot be answered" in caplog.text
    assert plaintext not in caplog.text
    assert server.plain_secret not in caplog.text


def test_t36_a_fault_is_logged_with_its_traceback(
    client: Client, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with store_raises(SystemError("broken inside")):
        introspect(client, server, "x")
    assert "/oauth/introspect failed" in caplog.text
    assert "SystemError: broken inside" in caplog.text


# Text as a WSGI server hands it over: any byte as the character of that number.
BYTES_AS_TEXT = st.text(st.characters(max_codepoint=255))
SCHEMES = st.sampled_from(["Basic ", "basic", "BASIC  ", "Bearer ", ""])
HEADERS = st.builds(str.__add__, SCHEMES, BYTES_AS_TEXT) | st.binary().map(
    lambda pair: "Basic " + base64.b64encode(pair).decode()
)
FUZZ = settings(
    max_examples=rounds(150, long=20_000),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DOCUMENTED = {200, 400, 401, 413}


@pytest.mark.long_run
@FUZZ
@given(authorization=HEADERS)
def test_t34_no_header_raises_or_lets_anybody_in(client: Client, db: None, authorization: str) -> None:
    response = ask(client, "token=x", authorization)
    assert response.status_code == 401


@pytest.mark.long_run
@FUZZ
@given(body=st.binary(max_size=400) | st.binary(max_size=200).map(lambda value: b"token=" + value))
def test_t34_no_body_raises_or_makes_a_token_active(client: Client, server: Any, body: bytes) -> None:
    response = ask(client, body, credentials(server))
    assert response.status_code in DOCUMENTED
    assert response.status_code != 200 or response.content == INACTIVE


@pytest.mark.long_run
@FUZZ
@given(body=st.binary(max_size=100), length=BYTES_AS_TEXT)
def test_t34_no_content_length_raises(client: Client, server: Any, body: bytes, length: str) -> None:
    # The test client has no more bytes than these; a server would wait for them, and give up.
    assume(not (length.strip().isdigit() and int(length) > len(body)))
    response = client.post(
        "/oauth/introspect",
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"authorization": credentials(server)},
        CONTENT_LENGTH=length,
    )
    assert response.status_code in DOCUMENTED


@pytest.mark.parametrize("content_type", ["x; a*=bogus'en'%41", "x; charset=\0", "x; a*=b", ";", "x;" * 5000])
def test_t35_a_content_type_that_django_cannot_read_counts_as_none(content_type: str) -> None:
    environ = RequestFactory()._base_environ(  # type: ignore[attr-defined] # a request would read the type itself
        PATH_INFO="/oauth/introspect", REQUEST_METHOD="POST", CONTENT_TYPE=content_type
    )
    answers: list[str] = []
    serve: Any = get_internal_wsgi_application()
    body = b"".join(serve(environ, lambda status, headers: answers.append(status)))
    assert answers == ["400 Bad Request"]
    assert body == b'{"error": "invalid_request"}'
