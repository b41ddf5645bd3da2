"""Who may come in where: every address of the product, with every kind of visitor and every method.

A new address without an entry here fails `test_every_address_has_an_entry`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from tests.access_rules.ask import address_of, statuses
from tests.access_rules.table import EXPECTED, SIGNED_IN_ONLY
from tests.pages import HTMX, LOGIN_URL, next_of, signed_in, text_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """The address of every URL pattern below these, as it is written."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            assert isinstance(pattern, URLPattern)
            yield address


def test_every_address_has_an_entry() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(EXPECTED)


@pytest.mark.parametrize("route", EXPECTED)
def test_t10_who_may_do_what(visitors: dict[str, User], ids: dict[str, str], route: str) -> None:
    clients = {"signed out": Client(), **{who: signed_in(user, by_factor=True) for who, user in visitors.items()}}
    found = {}
    for visitor, client in clients.items():
        found[visitor] = statuses(client, address_of(route, ids))
        if route == "/accounts/logout/" and visitor in visitors:
            assert "_auth_user_id" not in client.session
    assert found == dict(zip(clients, EXPECTED[route].answers, strict=True))


@pytest.mark.parametrize("route", SIGNED_IN_ONLY)
def test_signed_out_goes_to_the_sign_in_page_and_back(ids: dict[str, str], route: str) -> None:
    address = address_of(route, ids) + "?q=a b"
    response = Client().get(address)
    assert response.headers["Location"].startswith(f"{LOGIN_URL}?next=")
    assert next_of(response) == quote(address, safe="/?=")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("route", SIGNED_IN_ONLY)
def test_an_ended_session_moves_the_whole_page_and_never_answers_into_the_dialog(
    ids: dict[str, str], route: str, method: str
) -> None:
    address = address_of(route, ids)
    response = Client().generic(method, address, headers=HTMX)
    if response.status_code != 405:
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["HX-Redirect"].startswith(f"{LOGIN_URL}?next=")
        assert next_of(response) == address


@pytest.mark.parametrize("route", [route for route in SIGNED_IN_ONLY if route.startswith("/manage/")])
def test_the_instance_manager_says_to_a_person_whom_it_is_for(
    alice_client: Client, ids: dict[str, str], route: str
) -> None:
    response = alice_client.get(address_of(route, ids))
    assert response.status_code == 403
    assert "You are signed in as alice. This account has no administrator rights" in text_of(response)


@pytest.mark.parametrize("route", [route for route in EXPECTED if "<" in route])
def test_what_does_not_exist_is_404(administrator_client: Client, route: str) -> None:
    takes_a_form = EXPECTED[route].administrator.split()[2] != "405"
    for kind, unknown in {"uuid": str(uuid.uuid4()), "int": "4711", "slug": "nothing"}.items():
        route = re.sub(rf"<{kind}:[^>]+>", unknown, route)
    assert administrator_client.get(route).status_code == 404
    assert administrator_client.post(route).status_code == (404 if takes_a_form else 405)


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/signup/",
        "/accounts/password/change/",
        "/accounts/password/set/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/inactive/",
        "/accounts/3rdparty/",
        "/accounts/social/connections/",
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/login/code/confirm/",
        "/accounts/",
        "/admin/",
        "/admin/login/",
    ],
)
def test_peo2_no_other_way_in_is_mounted(administrator_client: Client, address: str) -> None:
    assert administrator_client.get(address).status_code == 404
    assert administrator_client.post(address).status_code == 404


@pytest.mark.parametrize("trait", [{"is_active": False}, {"kind": "SYSTEM", "password": "!x"}])
def test_peo1_the_session_of_who_may_no_longer_sign_in_is_dead(
    alice: User, alice_client: Client, trait: dict[str, Any]
) -> None:
    assert alice_client.get("/profile/").status_code == 200
    User.objects.filter(pk=alice.pk).update(**trait)
    assert alice_client.get("/profile/").headers["Location"] == f"{LOGIN_URL}?next=%2Fprofile%2F"
