"""Contract 4.2: who may revoke, and requests that are refused without any effect."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import HashKey, ResourceServer
from reference_tokens.token_values import token_format
from tests.factories import ResourceServerFactory, issued_pat
from tests.introspection import REVOKE_PATH, Statements, basic, credentials, is_active, revoke
from tests.introspection import ask as ask_anywhere
from tests.reference_tokens.endpoints.revoking import is_empty_200, refused, revocations, revoked_at
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


ask = partial(ask_anywhere, path=REVOKE_PATH)


@pytest.fixture
def server(application: TrustedApplication) -> Any:
    """A Resource Server with the right to revoke, for one application."""
    made = ResourceServerFactory.create(asks_for_all_applications=False, may_revoke=True)
    made.applications.add(application)
    return made


@pytest.fixture
def issued(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:nonsense", ""])
def test_val5_token_type_hint_is_only_a_hint(client: Client, server: Any, issued: IssuedToken, hint: str) -> None:
    body = urlencode({"token": issued.plaintext, "token_type_hint": hint, "unknown": "x"})
    assert is_empty_200(ask(client, body, credentials(server)))
    assert revoked_at(issued)


def test_val5_both_parts_may_stand_in_the_body(client: Client, server: Any, issued: IssuedToken) -> None:
    fields = {"token": issued.plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert is_empty_200(ask(client, urlencode(fields)))
    assert revoked_at(issued)


# --- No right to revoke ----------------------------------------------------------------------------------------------


def test_val5_without_the_right_it_is_400_and_nothing_happens(client: Client, server: Any, issued: IssuedToken) -> None:
    ResourceServer.objects.update(may_revoke=False)
    assert refused(revoke(client, server, issued.plaintext), 400, "unauthorized_client")
    assert (revoked_at(issued), revocations()) == (None, 0)
    assert is_active(client, server, issued.plaintext)


def test_val3_without_the_right_nothing_is_learned_of_the_token(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    ResourceServer.objects.update(may_revoke=False)
    revoke(client, server, issued.plaintext)
    with Statements() as statements:
        texts = [issued.plaintext, token_format.generate(), "x"]
        assert len({revoke(client, server, text).content for text in texts}) == 1
    assert statements.about_tokens == []


# --- Otherwise as introspection --------------------------------------------------------------------------------------


def unauthorised(response: Any) -> bool:
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'
    return refused(response, 401, "invalid_client")


def test_t18_an_unknown_id_and_a_wrong_secret_get_the_same_401(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    body = urlencode({"token": issued.plaintext})
    wrong = ask(client, body, basic(server.client_id, "wrong"))
    unknown = ask(client, body, basic("x", server.plain_secret))
    assert unauthorised(wrong)
    assert (wrong.content, wrong.headers) == (unknown.content, unknown.headers)
    assert revoked_at(issued) is None


def test_t18_neither_nobody_nor_the_token_nor_a_session_may_revoke(
    administrator_client: Client, server: Any, issued: IssuedToken
) -> None:
    body = urlencode({"token": issued.plaintext, "client_id": server.client_id})
    assert unauthorised(ask(administrator_client, body))
    assert unauthorised(ask(administrator_client, body, f"Bearer {issued.plaintext}"))
    assert revoked_at(issued) is None


def test_t22_a_disabled_server_is_401_and_nothing_happens(client: Client, server: Any, issued: IssuedToken) -> None:
    ResourceServer.objects.update(is_enabled=False)
    assert unauthorised(revoke(client, server, issued.plaintext))
    assert revoked_at(issued) is None


def test_t24_both_ways_of_authenticating_at_once_are_400(client: Client, server: Any, issued: IssuedToken) -> None:
    fields = {"token": issued.plaintext, "client_id": server.client_id, "client_secret": server.plain_secret}
    assert refused(ask(client, urlencode(fields), credentials(server)), 400, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.parametrize("body", ["", "token=", "token", "TOKEN=x", "token=x&token=x"])
def test_val5_a_missing_empty_or_repeated_token_is_400(client: Client, server: Any, body: str) -> None:
    assert refused(ask(client, body, credentials(server)), 400, "invalid_request")


def test_val5_another_content_type_is_400(client: Client, server: Any, issued: IssuedToken) -> None:
    body = urlencode({"token": issued.plaintext})
    response = ask(client, body, credentials(server), content_type="application/json")
    assert refused(response, 400, "invalid_request")
    assert revoked_at(issued) is None


def test_t25_a_token_in_the_query_is_not_read(client: Client, server: Any, issued: IssuedToken) -> None:
    path = f"{REVOKE_PATH}?{urlencode({'token': issued.plaintext})}"
    assert refused(ask_anywhere(client, "", credentials(server), path=path), 400, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_val5_another_method_is_405(client: Client, server: Any, method: str) -> None:
    response = client.generic(method, REVOKE_PATH, headers={"authorization": credentials(server)})
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_t34_a_body_above_sixteen_kilobytes_is_413(client: Client, server: Any, issued: IssuedToken) -> None:
    body = urlencode({"token": issued.plaintext, "padding": "x" * 16_384})
    assert refused(ask(client, body, credentials(server)), 413, "invalid_request")
    assert revoked_at(issued) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_statement", [1, 2, 3, 4, 5])
def test_val4_a_store_that_fails_anywhere_on_the_way_is_503_and_nothing_happens(
    client: Client, server: Any, issued: IssuedToken, of_statement: int
) -> None:
    count = 0

    def fail(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count >= of_statement:
            raise OperationalError("gone")
        return execute(*args)

    with connection.execute_wrapper(fail):
        response = revoke(client, server, issued.plaintext)
    assert refused(response, 503, "temporarily_unavailable")
    assert response["Retry-After"] == "5"
    assert (revoked_at(issued), revocations()) == (None, 0)


def test_val4_an_unknown_token_is_503_while_the_ring_lacks_a_key(
    client: Client, server: Any, issued: IssuedToken
) -> None:
    HashKey.objects.create(id="elsewhere")
    assert refused(revoke(client, server, token_format.generate()), 503, "temporarily_unavailable")
    assert is_empty_200(revoke(client, server, issued.plaintext))
    assert revoked_at(issued)
