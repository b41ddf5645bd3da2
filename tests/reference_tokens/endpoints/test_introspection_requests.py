"""Contract 4.1: requests that are malformed or too large, and the headers of every answer (T25, T33, T34)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.factories import issued_pat
from tests.introspection import FORM, PATH, ask, credentials, introspect
from tests.reference_tokens.endpoints.introspecting import refused, unauthorised
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


# --- What is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["", "token=", "token", "token_type_hint=access_token", "TOKEN=x"])
def test_val5_a_missing_or_empty_token_is_400(client: Client, server: Any, body: str) -> None:
    assert refused(ask(client, body, credentials(server)), 400, "invalid_request")


def test_val5_a_repeated_token_is_400(client: Client, server: Any, plaintext: str) -> None:
    body = urlencode([("token", plaintext), ("token", plaintext)])
    assert refused(ask(client, body, credentials(server)), 400, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", "", "application/x-www-form"]
)
def test_val5_another_content_type_is_400(client: Client, server: Any, plaintext: str, content_type: str) -> None:
    response = ask(client, urlencode({"token": plaintext}), credentials(server), content_type=content_type)
    assert refused(response, 400, "invalid_request")


def test_val5_json_is_400(client: Client, server: Any, plaintext: str) -> None:
    body = json.dumps({"token": plaintext})
    response = ask(client, body, credentials(server), content_type="application/json")
    assert refused(response, 400, "invalid_request")


def test_t25_a_token_in_the_query_is_not_read(client: Client, server: Any, plaintext: str) -> None:
    response = client.post(
        f"{PATH}?{urlencode({'token': plaintext})}",
        "",
        content_type=FORM,
        headers={"authorization": credentials(server)},
    )
    assert refused(response, 400, "invalid_request")


def test_t25_a_secret_in_the_query_is_not_read(client: Client, server: Any, plaintext: str) -> None:
    query = urlencode({"client_id": server.client_id, "client_secret": server.plain_secret})
    response = client.post(f"{PATH}?{query}", urlencode({"token": plaintext}), content_type=FORM)
    assert unauthorised(response)


def test_t34_more_than_a_hundred_fields_are_400(client: Client, server: Any, plaintext: str) -> None:
    body = urlencode([("token", plaintext), *[(f"x{number}", "1") for number in range(100)]])
    assert refused(ask(client, body, credentials(server)), 400, "invalid_request")


@pytest.mark.parametrize(("length", "status"), [(16_384, 200), (16_385, 413)])
def test_t34_a_body_above_sixteen_kilobytes_is_413(
    client: Client, server: Any, plaintext: str, length: int, status: int
) -> None:
    body = urlencode({"token": plaintext}) + "&pad="
    response = ask(client, body + "x" * (length - len(body)), credentials(server))
    assert response.status_code == status


@pytest.mark.parametrize("length", ["-1", "x", "+5", "1e3", "5, 5", "\u00b2", "9" * 5000])
def test_t34_a_content_length_that_is_no_small_number_is_413(client: Client, server: Any, length: str) -> None:
    response = client.post(
        PATH,
        "token=x",
        content_type=FORM,
        headers={"authorization": credentials(server)},
        CONTENT_LENGTH=length,
    )
    assert refused(response, 413, "invalid_request")


# --- How it is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_val5_another_method_is_405_with_allow(client: Client, server: Any, plaintext: str, method: str) -> None:
    response = client.generic(
        method,
        PATH,
        urlencode({"token": plaintext}),
        content_type=FORM,
        headers={"authorization": credentials(server)},
    )
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_t33_answers_are_not_stored_sniffed_or_framed_and_set_no_cookie(
    client: Client, server: Any, plaintext: str
) -> None:
    answers = [
        introspect(client, server, plaintext),
        introspect(client, server, "x"),
        ask(client, "", credentials(server)),
        ask(client, "token=x"),
        client.get(PATH),
        client.post(PATH + "/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 400, 401, 405, 404]
    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert not answer.cookies


def test_t43_in_production_answers_carry_hsts(client: Client, server: Any, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 63_072_000
    assert introspect(client, server, "x")["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_t43_without_https_they_do_not(client: Client, server: Any) -> None:
    assert "Strict-Transport-Security" not in introspect(client, server, "x")


@pytest.mark.parametrize("host", ["evil.example", "", "a b", "localhost:99999", "\xff"])
def test_t31_the_host_does_not_matter(client: Client, server: Any, plaintext: str, host: str) -> None:
    response = introspect(client, server, plaintext, host=host)
    assert response.content == introspect(client, server, plaintext).content


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "192.0.2.1"},
        {"x_forwarded_proto": "http"},
        {"x_original_url": "/x"},
        {"x_original_method": "GET"},
        {"x_http_method_override": "GET"},
        {"x_auth_subject": "root"},
        {"accept_language": "pl"},
        {"cookie": "session=x; csrf=y"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"if_none_match": "*"},
        {"range": "bytes=0-1"},
    ],
)
def test_t30_other_headers_change_nothing(client: Client, server: Any, plaintext: str, headers: dict[str, str]) -> None:
    plain, other = introspect(client, server, plaintext), introspect(client, server, plaintext, **headers)
    assert (other.status_code, other.content, other.headers) == (200, plain.content, plain.headers)


def test_t33_csrf_is_not_asked_for(server: Any, plaintext: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert introspect(client, server, plaintext).status_code == 200


def test_t33_https_is_not_forced_by_a_redirect(client: Client, server: Any, plaintext: str, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert introspect(client, server, plaintext).status_code == 200
