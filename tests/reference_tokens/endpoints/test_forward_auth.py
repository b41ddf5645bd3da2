"""Forward auth to the letter of contract 4.4: only 200 lets a request through, and only for one good token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django.db
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import AnswerCount, DailyUse, HashKey, ReferenceToken, ResourceServer, TokenSource
from reference_tokens.token_values.token_format import generate
from reference_tokens.usage.recorder import recorder
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import TOKEN
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

UNBOUND = "/auth/forward"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "QUERY", "lower")
TAILS = ("", "/", "/a/b", "/a%20b?c=d", "//", "/../x", "/%2e%2e/%00%ff", "/;x=y", "/é")
NO_CREDENTIAL = 'Bearer realm="api"'
INVALID_TOKEN = 'Bearer realm="api", error="invalid_token"'
INVALID_REQUEST = 'Bearer realm="api", error="invalid_request"'
IDENTITY = (
    "X-Auth-Subject",
    "X-Auth-Username",
    "X-Auth-Kind",
    "X-Auth-Client-Id",
    "X-Auth-Token-Id",
    "X-Auth-Scope",
    "X-Auth-Expires",
)


@pytest.fixture
def bound(server: Any) -> str:
    """The address of forward auth for the Resource Server."""
    return f"/auth/resource/{server.client_id}"


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


# One for all: each loads the middleware anew, and no machine address sets a cookie.
CLIENT = Client()


def ask(path: str, token: str = "", method: str = "GET", **headers: str) -> Any:
    """Ask as a proxy does; `headers` are written with underscores."""
    if token:
        headers["authorization"] = f"Bearer {token}"
    return CLIENT.generic(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def challenge_of(response: Any) -> str:
    """The challenge of a 401, which carries nothing about anybody."""
    assert response.status_code == 401
    assert not set(IDENTITY) & set(response.headers)
    return str(response.headers["WWW-Authenticate"])


# --- A good token ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_good_token_opens_every_method_and_path(bound: str, plaintext: str, method: str) -> None:
    for path in (prefix + tail for prefix in (UNBOUND, bound) for tail in TAILS):
        response = ask(path, plaintext, method)
        assert (response.status_code, response.headers["X-Auth-Username"]) == (200, "alice"), path


def test_the_answer_says_active_and_may_not_be_stored(plaintext: str) -> None:
    response = ask(UNBOUND, plaintext)
    assert response.content == b'{"active": true}'
    assert response.headers["Content-Type"] == "application/json"
    assert (response.headers["Cache-Control"], response.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_t28_the_headers_of_a_pat(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application, scopes=["update", "read"])
    response = ask(UNBOUND, issued.plaintext)
    assert issued.token.expires_at
    assert {name: response.headers[name] for name in IDENTITY} == {
        "X-Auth-Subject": str(alice.pk),
        "X-Auth-Username": "alice",
        "X-Auth-Kind": "PAT",
        "X-Auth-Client-Id": "com.example/excel",
        "X-Auth-Token-Id": str(issued.token.pk),
        "X-Auth-Scope": "read update",
        "X-Auth-Expires": str(int(issued.token.expires_at.timestamp())),
    }


def test_t28_the_headers_of_a_sat_that_never_expires(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    issued = issued_sat(application, expires_at=None)
    response = ask(UNBOUND, issued.plaintext)
    system_user = application.system_user
    assert system_user
    assert (response.headers["X-Auth-Kind"], response.headers["X-Auth-Expires"]) == ("SAT", "never")
    assert response.headers["X-Auth-Subject"] == str(system_user.pk)
    assert response.headers["X-Auth-Username"] == system_user.username


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_t28_each_header_stands_once_and_is_visible_ascii(
    alice: User, application: TrustedApplication, kind: str
) -> None:
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    headers = [(name, value) for name, value in ask(UNBOUND, issued.plaintext).items() if name.startswith("X-Auth-")]
    assert sorted(name for name, _value in headers) == sorted(IDENTITY)
    assert all(value and value.isascii() and value.isprintable() for _name, value in headers)


@pytest.mark.parametrize(
    ("username", "written"),
    [("a.b_c-d@example.com", "a.b_c-d%40example.com"), ("A@B", "A%40B"), ("x" * 150, "x" * 150)],
)
def test_t29_a_user_name_is_percent_encoded(application: TrustedApplication, username: str, written: str) -> None:
    issued = issued_pat(UserFactory.create(username=username), application)
    assert ask(UNBOUND, issued.plaintext).headers["X-Auth-Username"] == written


def test_t29_names_that_people_choose_stand_in_no_header(alice: User, application: TrustedApplication) -> None:
    User.objects.update(name="Zażółć\u00a0gęślą")
    TrustedApplication.objects.update(name="Ćwiczenie", description="jaźń")
    response = ask(UNBOUND, issued_pat(alice, application, description="Łódź").plaintext)
    assert response.status_code == 200
    assert all(value.isascii() for _name, value in response.items())


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": "{}"},
        {"api_key": "{}"},
        {"authorization": "bEARER  {}"},
        {"authorization": "", "x_api_key": "{}"},
        {"authorization": "Bearer {}", "x_api_key": "", "api_key": ""},
    ],
)
def test_each_header_of_the_contract_carries_the_token(plaintext: str, headers: dict[str, str]) -> None:
    assert ask(UNBOUND, **{name: value.format(plaintext) for name, value in headers.items()}).status_code == 200


# --- No credential, or not one ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_t26_every_method_and_path_needs_the_credential(bound: str, method: str) -> None:
    for path in (prefix + tail for prefix in (UNBOUND, bound) for tail in [*TAILS, "x"]):
        assert challenge_of(ask(path, method=method)) == NO_CREDENTIAL, path


@pytest.mark.parametrize("name", ["authorization", "x_api_key", "api_key"])
def test_an_empty_header_is_no_credential(bound: str, name: str) -> None:
    for path in (UNBOUND, bound):
        assert challenge_of(ask(path, **{name: ""})) == NO_CREDENTIAL


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {0}, Bearer {0}"},
        {"authorization": "Bearer {0},"},
        {"authorization": "Bearer {0} {0}"},
        {"authorization": "Bearer {0} realm"},
        {"authorization": "Basic {0}"},
        {"authorization": "{0}"},
        {"x_api_key": "{0},{0}"},
        {"authorization": "Bearer {0}", "x_api_key": "{0}"},
        {"authorization": "Bearer {0}", "api_key": "x"},
        {"x_api_key": "{0}", "api_key": "{0}"},
        {"authorization": "Basic eDp5", "x_api_key": "{0}"},
        {"x_api_key": "{0}" + "x" * 4096},
    ],
)
def test_t24_several_or_unreadable_credentials_are_401_invalid_request(
    bound: str, plaintext: str, headers: dict[str, str]
) -> None:
    sent = {name: value.format(plaintext) for name, value in headers.items()}
    for path in (UNBOUND, bound):
        assert challenge_of(ask(path, **sent)) == INVALID_REQUEST


def test_t25_a_token_in_query_cookie_or_form_is_no_credential(plaintext: str) -> None:
    client = Client()
    client.cookies["access_token"] = client.cookies["session"] = plaintext
    response = client.post(f"{UNBOUND}?access_token={plaintext}", {"access_token": plaintext, "token": plaintext})
    assert challenge_of(response) == NO_CREDENTIAL


def test_t18_a_session_is_no_credential(alice_client: Client) -> None:
    assert challenge_of(alice_client.get(UNBOUND)) == NO_CREDENTIAL


@pytest.mark.parametrize("text", ["x", "enrt_", "enrt_" + "0" * 64, "enrt_" + "z" * 64, "a" * 4000])
def test_what_is_no_token_is_invalid_and_asks_no_table_of_tokens(bound: str, text: str) -> None:
    with Statements() as statements:
        assert challenge_of(ask(UNBOUND, text)) == INVALID_TOKEN
        assert challenge_of(ask(bound, text)) == INVALID_TOKEN
    assert not statements.about_tokens


# --- Tokens that are not good ----------------------------------------------------------------------------------------


def make_revoked(token: ReferenceToken) -> None:
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())


NOT_GOOD = {
    "revoked": make_revoked,
    "suspended": lambda token: alter(token, suspended_at=timezone.now()),
    "expired": lambda token: alter(token, issued_at=timezone.now() - timedelta(2), expires_at=timezone.now()),
    "application disabled": lambda _token: TrustedApplication.objects.update(is_enabled=False),
    "holder inactive": lambda _token: User.objects.update(is_active=False),
    "no System User": lambda token: TrustedApplication.objects.update(system_user=None),
    "no scopes left": lambda _token: TrustedApplication.objects.update(scopes=""),
    "another's": lambda _token: ResourceServer.objects.update(asks_for_all_applications=False),
}


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
@pytest.mark.parametrize("state", NOT_GOOD)
def test_t7_a_token_that_is_not_good_is_refused_at_the_next_request(
    bound: str, alice: User, application: TrustedApplication, state: str, kind: str
) -> None:
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    assert ask(bound, issued.plaintext).status_code == 200
    NOT_GOOD[state](issued.token)
    if (kind, state) == ("PAT", "no System User"):
        assert ask(bound, issued.plaintext).status_code == 200
    else:
        assert challenge_of(ask(bound, issued.plaintext)) == INVALID_TOKEN


@pytest.mark.parametrize("state", sorted(set(NOT_GOOD) - {"another's"}))
def test_t8_the_unbound_address_refuses_as_the_bound_one_does(application: TrustedApplication, state: str) -> None:
    issued = issued_sat(application)
    NOT_GOOD[state](issued.token)
    assert challenge_of(ask(UNBOUND, issued.plaintext)) == INVALID_TOKEN


def test_an_unknown_token_is_refused_with_the_same_bytes_as_a_revoked_one(
    bound: str, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    make_revoked(issued.token)
    for path in (UNBOUND, bound):
        revoked, unknown, malformed = (ask(path, text) for text in (issued.plaintext, generate(), "x"))
        assert revoked.content == unknown.content == malformed.content
        assert revoked.headers == unknown.headers == malformed.headers


def test_t6_a_token_is_refused_from_its_expiry_instant_on(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    assert issued.token.expires_at
    found = []
    for seconds in (-1, 0, 1):
        with time_machine.travel(issued.token.expires_at + timedelta(seconds=seconds), tick=False):
            found.append(ask(UNBOUND, issued.plaintext).status_code)
    assert found == [200, 401, 401]


# --- What binds the decision -----------------------------------------------------------------------------------------


def test_val3_the_bound_address_knows_only_tokens_of_its_applications(
    alice: User, application: TrustedApplication
) -> None:
    other = ApplicationFactory.create()
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(other)
    path = f"/auth/resource/{server.client_id}/x"
    assert challenge_of(ask(path, issued_pat(alice, application).plaintext)) == INVALID_TOKEN
    assert ask(path, issued_pat(alice, other).plaintext).status_code == 200


@pytest.mark.parametrize("client_id", ["", "rs_unknown", "/", "rs_%00", "rs_é", "x" * 300, "a b", "..", "%2F"])
def test_an_address_that_names_no_resource_server_opens_for_nobody(plaintext: str, client_id: str) -> None:
    assert challenge_of(ask(f"/auth/resource/{client_id}", plaintext)) == INVALID_TOKEN
    assert challenge_of(ask(f"/auth/resource/{client_id}/x", plaintext)) == INVALID_TOKEN


def test_t22_a_disabled_resource_server_opens_for_nobody_at_once(bound: str, plaintext: str) -> None:
    assert ask(bound, plaintext).status_code == 200
    ResourceServer.objects.update(is_enabled=False)
    assert challenge_of(ask(bound, plaintext)) == INVALID_TOKEN


def test_the_client_id_in_another_case_is_another_one(bound: str, plaintext: str) -> None:
    assert challenge_of(ask(bound.replace("rs_", "RS_"), plaintext)) == INVALID_TOKEN


def test_the_unbound_address_can_be_closed(bound: str, plaintext: str, settings: Settings) -> None:
    settings.UNBOUND_FORWARD_AUTH = False
    for path in (UNBOUND, f"{UNBOUND}/x", f"{UNBOUND}ed"):
        assert challenge_of(ask(path, plaintext)) == INVALID_TOKEN
        assert challenge_of(ask(path)) == NO_CREDENTIAL
    assert ask(bound, plaintext).status_code == 200


@pytest.mark.parametrize(
    ("required", "scopes", "status"),
    [
        ("", ["read"], 200),
        ("read", ["read"], 200),
        ("read", ["read", "update"], 200),
        ("update", ["read"], 403),
        ("read update", ["read"], 403),
        ("read update", ["update", "read"], 200),
    ],
)
def test_required_scopes_must_all_be_there(
    bound: str, alice: User, application: TrustedApplication, required: str, scopes: list[str], status: int
) -> None:
    ResourceServer.objects.update(required_scopes=required)
    assert ask(bound, issued_pat(alice, application, scopes=scopes).plaintext).status_code == status


def test_a_missing_scope_is_named_and_nobody_is_identified(
    bound: str, alice: User, application: TrustedApplication
) -> None:
    ResourceServer.objects.update(required_scopes="update read")
    response = ask(bound, issued_pat(alice, application).plaintext)
    expected = 'Bearer realm="api", error="insufficient_scope", scope="read update"'
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (403, expected)
    assert response.content == b'{"error": "insufficient_scope"}'
    assert not set(IDENTITY) & set(response.headers)


def test_pol7_a_scope_that_the_application_no_longer_offers_does_not_count(
    bound: str, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application, scopes=["read", "update"])
    ResourceServer.objects.update(required_scopes="update")
    assert ask(bound, issued.plaintext).status_code == 200
    TrustedApplication.objects.update(scopes="read")
    assert ask(bound, issued.plaintext).status_code == 403
    ResourceServer.objects.update(required_scopes="")
    assert ask(bound, issued.plaintext).headers["X-Auth-Scope"] == "read"


def test_a_scope_may_be_any_scope_token_of_rfc_6749(bound: str, alice: User, application: TrustedApplication) -> None:
    Scope.objects.create(name="https://api/!#$%&'()*+,-./:;<=>?@[]^_`{|}~", description="Odd.")
    TrustedApplication.objects.update(scopes="read https://api/!#$%&'()*+,-./:;<=>?@[]^_`{|}~")
    issued = issued_pat(alice, application, scopes=["https://api/!#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
    assert ask(bound, issued.plaintext).headers["X-Auth-Scope"] == "https://api/!#$%&'()*+,-./:;<=>?@[]^_`{|}~"


# --- What has no say -------------------------------------------------------------------------------------------------

SPOOFED = [
    {"x_forwarded_for": "10.0.0.1"},
    {"x_forwarded_host": "evil.example"},
    {"x_forwarded_proto": "http"},
    {"x_forwarded_method": "OPTIONS"},
    {"x_forwarded_uri": "/healthz"},
    {"x_forwarded_prefix": "/auth/forward"},
    {"x_original_method": "OPTIONS"},
    {"x_original_url": "/auth/forward"},
    {"x_original_uri": "/"},
    {"x_rewrite_url": "/auth/forward"},
    {"x_http_method_override": "OPTIONS"},
    {"x_auth_subject": "00000000-0000-0000-0000-000000000000"},
    {"x_auth_username": "ada"},
    {"x_auth_scope": "read update"},
    {"x_auth_token_id": "1"},
    {"x_auth_kind": "SAT"},
    {"host": "evil.example"},
    {"host": "a b\x00"},
    {"host": ""},
    {"content_type": "multipart/form-data; boundary="},
    {"origin": "https://evil.example"},
    {"sec_fetch_site": "cross-site"},
    {"accept": "text/html"},
    {"upgrade_insecure_requests": "1"},
]


@pytest.mark.parametrize("headers", SPOOFED)
def test_t30_no_other_header_changes_the_decision(bound: str, plaintext: str, headers: dict[str, str]) -> None:
    for path in (bound, UNBOUND):
        good, plain = ask(path, plaintext, **headers), ask(path, plaintext)
        assert (good.status_code, good.content, good.headers) == (200, plain.content, plain.headers)
        bad, plain = ask(path, generate(), **headers), ask(path, generate())
        assert (bad.status_code, bad.content, bad.headers) == (401, plain.content, plain.headers)
        assert challenge_of(ask(path, **headers)) == NO_CREDENTIAL


@pytest.mark.parametrize(
    "query", ["scope=update", "required_scopes=", "token=x", "active=true", "x=%00%ff&&=", "a" * 3000]
)
def test_t31_the_query_changes_nothing(bound: str, plaintext: str, query: str) -> None:
    ResourceServer.objects.update(required_scopes="update")
    assert ask(f"{bound}?{query}", plaintext).status_code == 403
    ResourceServer.objects.update(required_scopes="read")
    assert ask(f"{bound}?{query}", plaintext).status_code == 200


def test_t31_a_path_within_the_path_changes_nothing(bound: str, plaintext: str) -> None:
    ResourceServer.objects.update(required_scopes="update")
    for tail in ("/auth/forward", "/../../forward", "//auth/forward", "/%2e%2e/%2e%2e/forward", "/api/token"):
        assert ask(bound + tail, plaintext).status_code == 403


@pytest.mark.parametrize("length", ["", "0", "-1", "x", "99999999999", "1" * 5000])
def test_the_body_and_its_length_are_never_read(plaintext: str, length: str) -> None:
    class Untouchable:
        def read(self, *_args: Any) -> bytes:
            raise AssertionError("read")

        readline = read

    values: Any = {"CONTENT_LENGTH": length, "wsgi.input": Untouchable(), "HTTP_AUTHORIZATION": f"Bearer {plaintext}"}
    assert CLIENT.post(UNBOUND, **values).status_code == 200


# --- What it costs, and when the store fails -------------------------------------------------------------------------


def test_a_good_token_costs_two_selects_bound_and_one_unbound(bound: str, plaintext: str) -> None:
    for path, most in ((bound, 2), (UNBOUND, 1)):
        with Statements() as statements:
            assert ask(path, plaintext).status_code == 200
        assert statements.verbs == ["SELECT"] * most


def test_an_unknown_token_costs_two_selects_at_most(bound: str) -> None:
    for path in (bound, UNBOUND):
        with Statements() as statements:
            assert ask(path, generate()).status_code == 401
        assert statements.verbs == ["SELECT", "SELECT"]


@pytest.mark.parametrize("of_statement", [1, 2])
@pytest.mark.parametrize("error", [django.db.OperationalError("gone"), django.db.InterfaceError("closed")])
def test_val4_a_store_that_cannot_be_read_is_503_and_lets_nobody_in(
    bound: str, plaintext: str, error: Exception, of_statement: int
) -> None:
    count = 0

    def fail(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count >= of_statement:
            raise error
        return execute(*args)

    with connection.execute_wrapper(fail):
        response = ask(bound, plaintext)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert not set(IDENTITY) & set(response.headers)
    assert ask(bound, plaintext).status_code == 200


def test_tok2_with_a_key_missing_from_the_ring_an_unknown_token_is_503(bound: str) -> None:
    HashKey.objects.create(id="0123456789abcdef")
    assert [ask(path, generate()).status_code for path in (UNBOUND, bound)] == [503, 503]


def test_t35_a_fault_of_ours_lets_nobody_in(plaintext: str) -> None:
    def fail(*_args: Any) -> Any:
        raise SystemError

    with connection.execute_wrapper(fail):
        assert ask(UNBOUND, plaintext).status_code == 500


# --- What is left behind ---------------------------------------------------------------------------------------------


def test_tok13_a_use_is_noted_with_the_server_that_asked_and_the_address(
    bound: str, server: Any, plaintext: str
) -> None:
    ask(bound, plaintext)
    recorder.flush()
    token = ReferenceToken.objects.get()
    assert token.last_used_at
    assert (token.last_used_server_id, token.last_used_address) == (server.pk, "127.0.0.1")


def test_tok13_a_refusal_for_a_missing_scope_is_no_use(bound: str, server: Any, plaintext: str) -> None:
    ResourceServer.objects.update(required_scopes="update")
    ask(bound, plaintext)
    recorder.flush()
    assert ReferenceToken.objects.get().last_used_at is None
    assert DailyUse.objects.values_list("accepted", "refused").get() == (0, 1)
    assert not TokenSource.objects.exists()
    assert AnswerCount.objects.values_list("client_id", "outcome").get() == (server.client_id, "insufficient_scope")


def test_tok13_what_is_refused_is_no_use(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    make_revoked(issued.token)
    ask(UNBOUND, issued.plaintext)
    assert recorder.flush() == 0


def test_t36_a_token_in_a_path_or_query_stands_in_no_log(plaintext: str, log_lines: list[str]) -> None:
    assert ask(f"{UNBOUND}/{plaintext}?token={plaintext}").status_code == 401
    assert ask(f"/auth/{plaintext}").status_code == 404
    assert not [line for line in log_lines if TOKEN.search(line)]
