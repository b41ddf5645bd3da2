"""Contract 4.3, to the letter: what the service says of itself (RFC 8414)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.gunicorn import Gunicorn
from trusted_apps.built_in import MANAGEMENT_SCOPES
from trusted_apps.models import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ADDRESSES = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
GOLDEN = {
    "issuer": "https://tokens.example.com",
    "introspection_endpoint": "https://tokens.example.com/oauth/introspect",
    "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "revocation_endpoint": "https://tokens.example.com/oauth/revoke",
    "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "scopes_supported": sorted({"archive", "read", "update"} | MANAGEMENT_SCOPES),
    "response_types_supported": [],
    "grant_types_supported": [],
    "service_documentation": "https://tokens.example.com/api/openapi.json",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_val5_the_document(client: Client, settings: Any, address: str) -> None:
    settings.BASE_URL = "https://tokens.example.com"
    Scope.objects.create(name="archive", description="Archive data.")
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == GOLDEN
    assert list(response.json()) == list(GOLDEN)


def test_val5_both_addresses_have_the_same_document(client: Client) -> None:
    answers = [client.get(address) for address in ADDRESSES]
    assert (answers[0].content, answers[0].headers) == (answers[1].content, answers[1].headers)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}]
)
def test_t33_the_issuer_is_never_taken_from_the_request(client: Client, address: str, headers: dict[str, str]) -> None:
    before = client.get(address)
    after = client.get(address, headers=headers)
    assert after.content == before.content
    assert b"evil" not in after.content


@pytest.mark.parametrize("address", ADDRESSES)
def test_val5_it_may_be_cached_for_five_minutes(client: Client, address: str) -> None:
    response = client.get(address)
    assert response["Cache-Control"] == "public, max-age=300"
    assert (response["X-Content-Type-Options"], response.has_header("Vary")) == ("nosniff", False)


@pytest.mark.parametrize("address", ADDRESSES)
def test_val5_head_is_get_without_the_body(client: Client, address: str) -> None:
    got, headed = client.get(address), client.head(address)
    assert (headed.status_code, headed.content, headed.headers) == (200, b"", got.headers)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_val5_another_method_is_405_which_is_not_cached(client: Client, address: str, method: str) -> None:
    response = client.generic(method, address)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_val5_without_the_database_the_scopes_alone_are_missing(
    client: Client, settings: Any, address: str, error: type[Exception]
) -> None:
    def fail(*_args: Any) -> None:
        raise error("gone")

    settings.BASE_URL = "https://tokens.example.com"
    with connection.execute_wrapper(fail):
        response = client.get(address)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == {name: value for name, value in GOLDEN.items() if name != "scopes_supported"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ADDRESSES)
def test_val5_over_a_socket_head_has_the_length_and_no_body(live_gunicorn: Gunicorn, address: str) -> None:
    answers = {}
    for method in ("GET", "HEAD"):
        request = f"{method} {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answers[method] = live_gunicorn.send_raw(request.encode()).partition(b"\r\n\r\n")
    head, _blank, body = answers["GET"]
    assert json.loads(body)
    assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    assert answers["HEAD"][2] == b""
    assert f"Content-Length: {len(body)}\r\n".encode() in answers["HEAD"][0] + b"\r\n"
