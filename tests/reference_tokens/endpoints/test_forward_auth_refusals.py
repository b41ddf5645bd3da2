"""Forward auth lets nobody in but with one good token (T7, T8, T24 to T26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken, ResourceServer
from reference_tokens.token_values.token_format import generate
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.reference_tokens.endpoints.forward_auth import (
    INVALID_REQUEST,
    INVALID_TOKEN,
    METHODS,
    NO_CREDENTIAL,
    TAILS,
    UNBOUND,
    ask,
    challenge_of,
    make_revoked,
)
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def bound(server: Any) -> str:
    """The address of forward auth for the Resource Server."""
    return f"/auth/resource/{server.client_id}"


@pytest.fixture
def plaintext(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


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


NOT_GOOD: dict[str, Callable[[ReferenceToken], object]] = {
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
