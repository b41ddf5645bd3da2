"""Forward auth: what changes no decision, what a request costs, and faults that let nobody in."""

from __future__ import annotations

from typing import Any

import django.db
import pytest
from django.db import connection

from accounts.models import User
from reference_tokens.models import HashKey, ResourceServer
from reference_tokens.token_values.token_format import generate
from tests.factories import issued_pat
from tests.introspection import Statements
from tests.pages import TOKEN
from tests.reference_tokens.endpoints.forward_auth import CLIENT, IDENTITY, NO_CREDENTIAL, UNBOUND, ask, challenge_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def bound(server: Any) -> str:
    """The address of forward auth for the Resource Server."""
    return f"/auth/resource/{server.client_id}"


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


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


# PostgreSQL is asked about the Resource Server and the token at once.
OF_BOUND = 1 if connection.vendor == "postgresql" else 2


def test_a_good_token_costs_two_selects_bound_and_one_unbound(bound: str, plaintext: str) -> None:
    for path, most in ((bound, OF_BOUND), (UNBOUND, 1)):
        with Statements() as statements:
            assert ask(path, plaintext).status_code == 200
        assert statements.verbs == ["SELECT"] * most


def test_an_unknown_token_costs_two_selects_at_most(bound: str) -> None:
    for path, most in ((bound, OF_BOUND), (UNBOUND, 2)):
        with Statements() as statements:
            assert ask(path, generate()).status_code == 401
        assert statements.verbs == ["SELECT"] * most


@pytest.mark.parametrize("of_statement", range(1, OF_BOUND + 1))
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


def test_t36_a_token_in_a_path_or_query_stands_in_no_log(plaintext: str, log_lines: list[str]) -> None:
    assert ask(f"{UNBOUND}/{plaintext}?token={plaintext}").status_code == 401
    assert ask(f"/auth/{plaintext}").status_code == 404
    assert not [line for line in log_lines if TOKEN.search(line)]
