"""Contract 4.1, to the letter: `POST /oauth/introspect` (RFC 7662)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ResourceServer
from reference_tokens.token_values import token_format
from tests.factories import ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import FORM, INACTIVE, PATH, UNKNOWN, ask, basic, credentials, introspect
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

ISSUED = datetime(2027, 1, 31, 12, 0, 0, 750_000, tzinfo=UTC)
EXPIRES = datetime(2027, 3, 2, 12, tzinfo=UTC)
MINIMAL = {
    "active",
    "token_type",
    "scope",
    "client_id",
    "sub",
    "username",
    "iss",
    "iat",
    "nbf",
    "exp",
    "jti",
    "token_kind",
}
PROFILE = {"name", "email", "groups", "administrator"}


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


def refused(response: Any, status: int, error: str) -> bool:
    """Whether this is the JSON of that problem, and no more."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert response["Cache-Control"] == "no-store"
    return bool(response.content == b'{"error": "' + error.encode() + b'"}')


# --- 200 -------------------------------------------------------------------------------------------------------------


def test_val5_the_answer_about_a_good_pat(
    client: Client, server: Any, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.BASE_URL = "https://tokens.example.com"
    with time_machine.travel(ISSUED, tick=False):
        issued = issued_pat(alice, application, scopes=["update", "read"], expires_at=EXPIRES)
        response = introspect(client, server, issued.plaintext)
    assert response.status_code == 200
    assert response.json() == {
        "active": True,
        "token_type": "Bearer",
        "scope": "read update",
        "client_id": "com.example/excel",
        "sub": str(alice.pk),
        "username": "alice",
        "iss": "https://tokens.example.com",
        "iat": 1801396800,
        "nbf": 1801396800,
        "exp": 1803988800,
        "jti": str(issued.token.pk),
        "token_kind": "PAT",
    }


def test_val5_the_answer_about_a_good_sat_names_the_system_user(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    assert application.system_user
    answer = introspect(client, server, issued_sat(application).plaintext).json()
    assert answer["token_kind"] == "SAT"
    assert (answer["sub"], answer["username"]) == (str(application.system_user.pk), application.system_user.username)


def test_val5_times_are_whole_seconds(client: Client, server: Any, plaintext: str) -> None:
    answer = introspect(client, server, plaintext).json()
    assert [type(answer[name]) for name in ("iat", "nbf", "exp")] == [int, int, int]


def test_tok5_a_token_without_expiry_has_no_exp(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    answer = introspect(client, server, issued_pat(alice, application, expires_at=None).plaintext).json()
    assert set(answer) == MINIMAL - {"exp"}


def test_t21_a_server_learns_these_and_no_others(client: Client, server: Any, plaintext: str) -> None:
    assert set(introspect(client, server, plaintext).json()) == MINIMAL


def test_t21_with_share_profile_it_learns_the_profile_too(client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    person = UserFactory.create(name="Alice", email="alice@example.com", administrator=True)
    person.groups.set([Group.objects.create(name="staff"), Group.objects.create(name='a "b", ż')])
    answer = introspect(client, server, issued_pat(person, application).plaintext).json()
    assert set(answer) == MINIMAL | PROFILE
    assert {name: answer[name] for name in PROFILE} == {
        "name": "Alice",
        "email": "alice@example.com",
        "groups": ['a "b", ż', "staff"],
        "administrator": True,
    }


def test_t21_the_profile_of_a_system_user_is_its_own(
    client: Client, administrator: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    administrator.groups.add(Group.objects.create(name="staff"))
    assert application.system_user
    application.system_user.groups.add(Group.objects.create(name="robots"))
    answer = introspect(client, server, issued_sat(application).plaintext).json()
    assert (answer["groups"], answer["administrator"], answer["email"]) == (["robots"], False, "")


def test_t21_who_is_in_no_group_has_an_empty_list(client: Client, plaintext: str) -> None:
    server = ResourceServerFactory.create(shares_profile=True)
    assert introspect(client, server, plaintext).json()["groups"] == []


@pytest.mark.parametrize("text", ["x", UNKNOWN, "enrt_\0", "Ż" * 69, "A" * 16_000])
def test_t20_what_is_no_token_is_inactive(client: Client, server: Any, text: str) -> None:
    response = introspect(client, server, text)
    assert (response.status_code, response.content) == (200, INACTIVE)


def test_t20_every_inactive_answer_has_the_same_bytes_and_headers(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application) for _ in range(4)]
    now = timezone.now()
    alter(tokens[0].token, revoked_at=now)
    alter(tokens[1].token, suspended_at=now)
    alter(tokens[2].token, issued_at=datetime(2020, 1, 1, tzinfo=UTC), expires_at=now)
    alter(tokens[3].token, scopes="gone")
    texts = [*(issued.plaintext for issued in tokens), token_format.generate(), "malformed", "\0"]
    answers = [introspect(client, server, text) for text in texts]
    assert {answer.content for answer in answers} == {INACTIVE}
    assert len({tuple(answer.items()) for answer in answers}) == 1


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:nonsense", ""])
def test_val5_token_type_hint_is_only_a_hint(client: Client, server: Any, plaintext: str, hint: str) -> None:
    response = ask(client, urlencode({"token": plaintext, "token_type_hint": hint}), credentials(server))
    assert response.json()["active"] is True


def test_val5_unknown_parameters_are_ignored(client: Client, server: Any, plaintext: str) -> None:
    body = urlencode([("resource", "a"), ("token", plaintext), ("resource", "b"), ("Token", "x"), ("active", "false")])
    assert ask(client, body, credentials(server)).json()["active"] is True


def test_val5_a_content_type_with_a_charset_in_capitals_is_a_form(client: Client, server: Any, plaintext: str) -> None:
    content_type = "Application/X-WWW-Form-URLEncoded; Charset=UTF-8"
    response = ask(client, urlencode({"token": plaintext}), credentials(server), content_type=content_type)
    assert response.json()["active"] is True


# --- Who asks --------------------------------------------------------------------------------------------------------


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


def unauthorised(response: Any) -> bool:
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'
    return refused(response, 401, "invalid_client")


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
