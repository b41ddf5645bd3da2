"""Forward auth to the letter of contract 4.4: what a good token opens, and what identifies its holder."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from reference_tokens.models import AnswerCount, ReferenceToken, ResourceServer
from reference_tokens.usage.recorder import recorder
from tests.factories import UserFactory, issued_pat, issued_sat
from tests.reference_tokens.endpoints.forward_auth import IDENTITY, METHODS, TAILS, UNBOUND, ask, make_revoked
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def bound(server: Any) -> str:
    """The address of forward auth for the Resource Server."""
    return f"/auth/resource/{server.client_id}"


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


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


# --- What is left behind ---------------------------------------------------------------------------------------------


def test_tok13_a_use_is_noted_with_the_server_that_asked_and_the_address(
    bound: str, server: Any, plaintext: str
) -> None:
    ask(bound, plaintext)
    recorder.flush()
    token = ReferenceToken.objects.get()
    assert token.last_used_at
    assert (token.use.last_used_server_id, token.use.last_used_address) == (server.pk, "127.0.0.1")


def test_tok13_a_refusal_for_a_missing_scope_is_no_use(bound: str, server: Any, plaintext: str) -> None:
    ResourceServer.objects.update(required_scopes="update")
    ask(bound, plaintext)
    recorder.flush()
    token = ReferenceToken.objects.get()
    assert (token.use.accepted_on_day, token.use.refused_on_day) == (0, 1)
    assert (token.last_used_at, token.use.recent_sources) == (None, "")
    assert AnswerCount.objects.values_list("client_id", "outcome").get() == (server.client_id, "insufficient_scope")


def test_tok13_what_is_refused_is_no_use(alice: User, application: TrustedApplication) -> None:
    issued = issued_pat(alice, application)
    make_revoked(issued.token)
    ask(UNBOUND, issued.plaintext)
    assert recorder.flush() == 0
