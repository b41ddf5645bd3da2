"""Contract 4.1: how a Resource Server says who it is (T18, T22 to T24)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ResourceServer
from tests.factories import issued_pat
from tests.introspection import ask, basic, credentials, introspect
from tests.reference_tokens.endpoints.introspecting import refused, unauthorised
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


def percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize("encode", [str, quote, percent_encoded])
def test_t23_both_parts_of_basic_may_be_raw_or_percent_encoded(
    client: Client, server: Any, plaintext: str, encode: Any
) -> None:
    authorization = basic(encode(server.client_id), encode(server.plain_secret))
    assert ask(client, urlencode({"token": plaintext}), authorization).json()["active"] is True


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
def test_val5_the_scheme_is_read_in_any_case(client: Client, server: Any, plaintext: str, scheme: str) -> None:
    authorization = credentials(server).replace("Basic", scheme)
    assert ask(client, urlencode({"token": plaintext}), authorization).json()["active"] is True


def test_val5_both_parts_may_stand_in_the_body(client: Client, server: Any, plaintext: str) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert ask(client, urlencode(fields)).json()["active"] is True


def test_t24_both_ways_at_once_are_400(client: Client, server: Any, plaintext: str) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert refused(ask(client, urlencode(fields), credentials(server)), 400, "invalid_request")


@pytest.mark.parametrize("authorization", ["", " ", "\t"])
def test_val5_an_empty_header_beside_a_secret_in_the_body_is_none(
    client: Client, server: Any, plaintext: str, authorization: str
) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert ask(client, urlencode(fields), authorization).json()["active"] is True
    assert unauthorised(ask(client, urlencode({"token": plaintext}), authorization))


def test_val5_an_empty_secret_in_the_body_beside_a_header_is_none(client: Client, server: Any, plaintext: str) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": ""}
    assert ask(client, urlencode(fields), credentials(server)).json()["active"] is True


@pytest.mark.parametrize("empty", ["client_id", "client_secret"])
def test_val5_an_empty_part_in_the_body_is_none(client: Client, server: Any, plaintext: str, empty: str) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret, empty: ""}
    assert unauthorised(ask(client, urlencode(fields)))
    assert unauthorised(ask(client, urlencode([*fields.items(), (empty, "")])))


@pytest.mark.parametrize("authorization", ["Bearer x", "Basic", "Digest username=x"])
def test_t24_any_header_beside_a_secret_in_the_body_is_400(
    client: Client, server: Any, plaintext: str, authorization: str
) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert refused(ask(client, urlencode(fields), authorization), 400, "invalid_request")


@pytest.mark.parametrize("repeated", ["client_id", "client_secret"])
def test_t24_a_repeated_part_in_the_body_is_400(client: Client, server: Any, plaintext: str, repeated: str) -> None:
    fields = {"token": plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    body = urlencode([*fields.items(), (repeated, fields[repeated])])
    assert refused(ask(client, body), 400, "invalid_request")


def test_t18_an_unknown_id_and_a_wrong_secret_get_the_same_401(client: Client, server: Any, plaintext: str) -> None:
    body = urlencode({"token": plaintext})
    wrong, unknown = (
        ask(client, body, basic(server.client_id, "wrong")),
        ask(client, body, basic("x", server.plain_secret)),
    )
    assert unauthorised(wrong)
    assert (wrong.content, wrong.headers) == (unknown.content, unknown.headers)


@pytest.mark.parametrize("fields", [{}, {"client_id": "rs_x"}, {"client_secret": "x"}])
def test_t18_no_or_half_a_credential_is_401(client: Client, plaintext: str, fields: dict[str, str]) -> None:
    assert unauthorised(ask(client, urlencode({"token": plaintext, **fields})))


def test_t18_a_client_id_alone_is_no_authorisation(client: Client, server: Any, plaintext: str) -> None:
    assert unauthorised(ask(client, urlencode({"token": plaintext, "client_id": server.client_id})))


def test_t18_the_token_itself_is_no_authorisation(client: Client, server: Any, plaintext: str) -> None:
    assert unauthorised(ask(client, urlencode({"token": plaintext}), f"Bearer {plaintext}"))
    assert unauthorised(ask(client, urlencode({"token": plaintext}), basic(server.client_id, plaintext)))


def test_t18_a_session_is_no_authorisation(client: Client, administrator: User, plaintext: str) -> None:
    client.force_login(administrator)
    assert unauthorised(ask(client, urlencode({"token": plaintext})))


def test_t22_a_disabled_server_is_401(client: Client, server: Any, plaintext: str) -> None:
    ResourceServer.objects.update(is_enabled=False)
    assert unauthorised(introspect(client, server, plaintext))


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic ====",
        "Basic YQ",
        "Basic YTpi, Basic YTpi",
        "Basic YTpi,YTpi",
        "Basic " + base64.b64encode(b"a").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode("ż:ż".encode()).decode(),
        "Basic " + base64.b64encode(b"a:b\n").decode(),
        "Basic " + base64.b64encode(b"a\0:b").decode(),
        "Basic " + base64.b64encode(b"%00:%00").decode(),
        "Basic " + base64.b64encode(b"a+b:c").decode(),
        "Basic \xff\xfe",
        "Basic " + "A" * 4096,
        "Basic " + base64.b64encode(b"a:" + b"b" * 201).decode(),
    ],
)
def test_t24_a_malformed_header_is_401(client: Client, db: None, authorization: str) -> None:
    assert unauthorised(ask(client, "token=x", authorization))


@pytest.mark.parametrize(("length", "status"), [(4096, 200), (4097, 401)])
def test_t34_a_header_above_four_kilobytes_is_refused(
    client: Client, server: Any, plaintext: str, length: int, status: int
) -> None:
    scheme, pair = credentials(server).split(" ")
    authorization = scheme + " " * (length - len(scheme) - len(pair)) + pair
    assert len(authorization) == length
    assert ask(client, urlencode({"token": plaintext}), authorization).status_code == status
