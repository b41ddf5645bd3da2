"""Who may come in where: every address of the product, with every kind of visitor and every method.

A new address without an entry here fails `test_every_address_has_an_entry`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from reference_tokens.endpoints import routes as machine_urls
from reference_tokens.models import ReferenceToken
from tests.factories import (
    ResourceServerFactory,
    UserFactory,
    another_device,
    invitation_link,
    issued_pat,
    reset_link,
    rotated,
    waiting_link,
)
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, HTMX, LOGIN_URL, Fields, form_of, give_password, next_of, signed_in, text_of
from tests.second_factors import passkey_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


class Expected(NamedTuple):
    """The statuses of GET, HEAD, POST, PUT, DELETE and OPTIONS for each visitor; an empty form is sent."""

    signed_out: str
    stranger: str
    person: str
    administrator: str


OPEN = "302 302 302 405 405 405"
LIST, FORM, ACT = "200 200 405 405 405 405", "200 200 422 405 405 405", "200 200 302 405 405 405"
# What acts and shows in its answer what cannot be shown again.
SHOW = "200 200 200 405 405 405"
SIGN_IN_TO_READ, SIGN_IN = "302 302 405 405 405 405", "302 302 302 405 405 405"
NOT_YOURS_TO_READ, NOT_YOURS = "403 403 405 405 405 405", "403 403 403 405 405 405"
NOTHING_HERE = NO_PAGE = "404 404 404 405 405 405"
NOTHING_HERE_TO_READ = "404 404 405 405 405 405"
# The token belongs to "person", the stranger is somebody else.
EXPECTED = {
    "/": Expected(*["302 302 405 405 405 405"] * 4),
    "/accounts/login/": Expected("200 200 200 405 405 405", OPEN, OPEN, OPEN),
    "/accounts/logout/": Expected(OPEN, *["200 200 302 405 405 405"] * 3),
    "/accounts/reauthenticate/": Expected(OPEN, *["200 200 200 405 405 405"] * 3),
    # The person has a passkey and no authenticator app; the others have neither, and are asked for their password.
    "/accounts/reauthenticate/code/": Expected(SIGN_IN, OPEN, OPEN, OPEN),
    "/accounts/reauthenticate/passkey/": Expected(SIGN_IN, OPEN, FORM, OPEN),
    "/accounts/reauthenticate/factor/": Expected(SIGN_IN_TO_READ, LIST, SIGN_IN_TO_READ, LIST),
    "/accounts/login/passkey/": Expected(ACT, OPEN, OPEN, OPEN),
    # Only between the first factor and the second is it more than a way back.
    "/accounts/second-factor/": Expected(*[OPEN] * 4),
    "/accounts/second-factor/required/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    # Without a provider in the settings there are no such pages.
    "/accounts/openid/sign-in/": Expected(*[NO_PAGE] * 4),
    "/accounts/openid/confirm/": Expected(SIGN_IN, *[NO_PAGE] * 3),
    "/accounts/openid/callback/": Expected(*["404 405 405 405 405 405"] * 4),
    # Without a link in the session there is nothing behind it; the link itself leads on, whoever is signed in.
    "/accounts/password/reset/": Expected(*[FORM] * 4),
    "/accounts/password/reset/sent/": Expected(*[LIST] * 4),
    "/accounts/password/reset/new/": Expected(*[NO_PAGE] * 4),
    "/accounts/password/reset/<str:reset_key>/": Expected(*["302 302 405 405 405 405"] * 4),
    "/accounts/invitation/": Expected(*[NO_PAGE] * 4),
    "/accounts/invitation/<str:invitation_key>/": Expected(*["302 302 405 405 405 405"] * 4),
    "/theme/": Expected(*["405 405 400 405 405 405"] * 4),
    "/profile/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    "/profile/choices/application/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    "/profile/security/single-sign-on/": Expected(SIGN_IN, *[NO_PAGE] * 3),
    "/profile/security/single-sign-on/disconnect/": Expected(SIGN_IN, *[NO_PAGE] * 3),
    "/profile/security/second-factors/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    "/profile/security/second-factors/app/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/security/second-factors/passkeys/new/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/security/second-factors/<int:factor_id>/rename/": Expected(SIGN_IN, NOTHING_HERE, FORM, NOTHING_HERE),
    "/profile/security/second-factors/<int:factor_id>/remove/": Expected(SIGN_IN, NOTHING_HERE, ACT, NOTHING_HERE),
    "/profile/security/second-factors/recovery-codes/": Expected(SIGN_IN, OPEN, SHOW, OPEN),
    "/profile/security/password/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/edit/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/email/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/email/confirm/<str:key>/": Expected(SIGN_IN, NOTHING_HERE, ACT, NOTHING_HERE),
    "/profile/me": Expected("401 401 405 405 405 405", LIST, LIST, LIST),
    "/profile/devices/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    "/profile/devices/end-others/": Expected(SIGN_IN, ACT, ACT, ACT),
    "/profile/devices/<int:device_id>/end/": Expected(SIGN_IN, NOTHING_HERE, ACT, NOTHING_HERE),
    "/profile/security/tokens/": Expected(SIGN_IN_TO_READ, LIST, LIST, LIST),
    "/profile/security/tokens/new/": Expected(SIGN_IN, FORM, FORM, FORM),
    "/profile/security/tokens/<uuid:token_id>/": Expected(
        SIGN_IN_TO_READ, NOTHING_HERE_TO_READ, LIST, NOTHING_HERE_TO_READ
    ),
    "/profile/security/tokens/<uuid:token_id>/rotate/": Expected(SIGN_IN, NOTHING_HERE, FORM, NOTHING_HERE),
    "/profile/security/tokens/<uuid:replaced_id>/end/": Expected(SIGN_IN, NOTHING_HERE, ACT, NOTHING_HERE),
    "/profile/security/tokens/<uuid:token_id>/revoke/": Expected(SIGN_IN, NOTHING_HERE, ACT, NOTHING_HERE),
    "/manage/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/choices/owners/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/choices/system_user/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/choices/applications/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/choices/groups/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/trusted-apps/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/trusted-apps/new/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/trusted-apps/<uuid:application_id>/": Expected(
        SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST
    ),
    "/manage/security/trusted-apps/<uuid:application_id>/edit/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/trusted-apps/<uuid:application_id>/tokens/new/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/resource-servers/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/resource-servers/new/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/resource-servers/<int:server_id>/": Expected(
        SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST
    ),
    "/manage/security/resource-servers/<int:server_id>/edit/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/resource-servers/<int:server_id>/secrets/new/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, SHOW),
    "/manage/security/resource-servers/<int:server_id>/secrets/<int:secret_id>/remove/": Expected(
        SIGN_IN, NOT_YOURS, NOT_YOURS, ACT
    ),
    "/manage/security/tokens/<uuid:token_id>/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/resource-servers/<int:server_id>/applications/": Expected(
        SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST
    ),
    "/manage/security/resource-servers/<int:server_id>/applications/add/": Expected(
        SIGN_IN, NOT_YOURS, NOT_YOURS, FORM
    ),
    "/manage/security/resource-servers/<int:server_id>/applications/<uuid:application_id>/remove/": Expected(
        SIGN_IN, NOT_YOURS, NOT_YOURS, ACT
    ),
    "/manage/security/trusted-apps/<uuid:application_id>/owners/": Expected(
        SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST
    ),
    "/manage/security/trusted-apps/<uuid:application_id>/owners/add/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/trusted-apps/<uuid:application_id>/owners/<uuid:user_id>/remove/": Expected(
        SIGN_IN, NOT_YOURS, NOT_YOURS, ACT
    ),
    "/manage/security/users/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/users/invite/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/users/new-system-user/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/users/<uuid:user_id>/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/users/<uuid:user_id>/edit/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    # Whom no mail reaches is not asked about.
    "/manage/security/users/<uuid:user_id>/invite-again/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, SIGN_IN),
    "/manage/security/users/<uuid:user_id>/make-administrator/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/reset-second-factors/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/unmake-administrator/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/deactivate/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/reactivate/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/delete/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/devices/end-all/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/users/<uuid:user_id>/devices/<int:device_id>/end/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/groups/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/groups/new/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/groups/<int:group_id>/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/groups/<int:group_id>/edit/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/groups/<int:group_id>/delete/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/groups/<int:group_id>/members/add/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    "/manage/security/groups/<int:group_id>/members/<uuid:user_id>/remove/": Expected(
        SIGN_IN, NOT_YOURS, NOT_YOURS, ACT
    ),
    "/manage/security/tokens/": Expected(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST),
    "/manage/security/tokens/revoke-many/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, OPEN),
    "/manage/security/tokens/suspend-many/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, OPEN),
    "/manage/security/tokens/export/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, OPEN),
    "/manage/security/tokens/find/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, FORM),
    # The token is a PAT, which only its holder rotates.
    "/manage/security/tokens/<uuid:token_id>/rotate/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, NOTHING_HERE),
    "/manage/security/tokens/<uuid:replaced_id>/end/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/tokens/<uuid:token_id>/revoke/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/tokens/<uuid:token_id>/suspend/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
    "/manage/security/tokens/<uuid:token_id>/resume/": Expected(SIGN_IN, NOT_YOURS, NOT_YOURS, ACT),
}
# The only ones that a signed-out visitor is not sent away from, or that send everybody away.
OPEN_TO_ALL = {
    "/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/login/passkey/",
    "/accounts/reauthenticate/",
    "/accounts/second-factor/",
    "/accounts/openid/sign-in/",
    "/accounts/openid/callback/",
    "/accounts/password/reset/",
    "/accounts/password/reset/sent/",
    "/accounts/password/reset/new/",
    "/accounts/password/reset/<str:reset_key>/",
    "/accounts/invitation/",
    "/accounts/invitation/<str:invitation_key>/",
    "/profile/me",
    "/theme/",
}
SIGNED_IN_ONLY = sorted(set(EXPECTED) - OPEN_TO_ALL)
# Where it must have been shown within 15 minutes who it is (PEO-3).
CONFIRMED_ONLY = [
    "/manage/security/tokens/export/",
    "/manage/security/tokens/<uuid:token_id>/resume/",
    "/manage/security/tokens/revoke-many/",
    "/manage/security/tokens/suspend-many/",
    "/profile/security/single-sign-on/",
    "/profile/security/single-sign-on/disconnect/",
    "/profile/security/second-factors/app/",
    "/profile/security/second-factors/passkeys/new/",
    "/profile/security/second-factors/<int:factor_id>/rename/",
    "/profile/security/second-factors/<int:factor_id>/remove/",
    "/profile/security/second-factors/recovery-codes/",
    "/profile/email/",
    "/profile/email/confirm/<str:key>/",
    "/profile/security/tokens/new/",
    "/profile/security/tokens/<uuid:token_id>/rotate/",
    "/manage/security/tokens/<uuid:token_id>/rotate/",
    "/manage/security/trusted-apps/new/",
    "/manage/security/trusted-apps/<uuid:application_id>/edit/",
    "/manage/security/trusted-apps/<uuid:application_id>/tokens/new/",
    "/manage/security/resource-servers/new/",
    "/manage/security/resource-servers/<int:server_id>/edit/",
    "/manage/security/resource-servers/<int:server_id>/secrets/new/",
    "/manage/security/resource-servers/<int:server_id>/secrets/<int:secret_id>/remove/",
    "/manage/security/resource-servers/<int:server_id>/applications/add/",
    "/manage/security/resource-servers/<int:server_id>/applications/<uuid:application_id>/remove/",
    "/manage/security/trusted-apps/<uuid:application_id>/owners/add/",
    "/manage/security/trusted-apps/<uuid:application_id>/owners/<uuid:user_id>/remove/",
    "/manage/security/users/invite/",
    "/manage/security/users/new-system-user/",
    "/manage/security/users/<uuid:user_id>/edit/",
    "/manage/security/users/<uuid:user_id>/invite-again/",
    "/manage/security/users/<uuid:user_id>/make-administrator/",
    "/manage/security/users/<uuid:user_id>/reset-second-factors/",
    "/manage/security/users/<uuid:user_id>/unmake-administrator/",
    "/manage/security/users/<uuid:user_id>/deactivate/",
    "/manage/security/users/<uuid:user_id>/reactivate/",
    "/manage/security/users/<uuid:user_id>/delete/",
    "/manage/security/groups/new/",
    "/manage/security/groups/<int:group_id>/edit/",
    "/manage/security/groups/<int:group_id>/delete/",
    "/manage/security/groups/<int:group_id>/members/add/",
    "/manage/security/groups/<int:group_id>/members/<uuid:user_id>/remove/",
]
# The others that take a form, and why each of them needs no such proof.
WITHOUT_CONFIRMATION = {
    "/accounts/login/": "the proof itself",
    "/accounts/login/passkey/": "the proof itself",
    "/accounts/second-factor/": "the proof itself",
    "/accounts/reauthenticate/": "the proof itself",
    "/accounts/reauthenticate/code/": "the proof itself",
    "/accounts/reauthenticate/passkey/": "the proof itself",
    "/accounts/openid/sign-in/": "leads to the proof",
    "/accounts/openid/confirm/": "leads to the proof",
    "/accounts/password/reset/": "for whoever is signed out: the mailed link is the proof",
    "/accounts/password/reset/new/": "the mailed link is the proof",
    "/accounts/invitation/": "the mailed link is the proof",
    "/profile/security/password/": "takes the password there is; who has none confirms (tests of the password page)",
    "/accounts/logout/": "only ends",
    "/profile/devices/end-others/": "only ends",
    "/profile/devices/<int:device_id>/end/": "only ends",
    "/manage/security/users/<uuid:user_id>/devices/end-all/": "only ends",
    "/manage/security/users/<uuid:user_id>/devices/<int:device_id>/end/": "only ends",
    "/profile/security/tokens/<uuid:token_id>/revoke/": "only ends: a leak is stopped at once",
    "/profile/security/tokens/<uuid:replaced_id>/end/": "only ends: a leak is stopped at once",
    "/manage/security/tokens/<uuid:token_id>/revoke/": "only ends: a leak is stopped at once",
    "/manage/security/tokens/<uuid:replaced_id>/end/": "only ends: a leak is stopped at once",
    "/manage/security/tokens/<uuid:token_id>/suspend/": "only ends: a leak is stopped at once",
    "/manage/security/tokens/find/": "shows nothing to whom does not have the token",
    "/profile/edit/": "name, language and time zone give no right",
    "/theme/": "light or dark",
}
# Without any credential, but with a form as the body; a browser's session makes no difference.
MACHINE = {
    "/oauth/introspect": "405 405 401 405 405 405",
    "/oauth/revoke": "405 405 401 405 405 405",
    "/.well-known/oauth-authorization-server": "200 200 405 405 405 405",
    "/.well-known/openid-configuration": "200 200 405 405 405 405",
    "/healthz": "200 200 405 405 405 405",
    "/readyz": "200 200 405 405 405 405",
    "/metrics": "404 404 405 405 405 405",
    "/api/token": "401 401 405 405 401 405",
    "/api/token/rotate": "405 405 401 405 405 405",
    "/api/openapi.json": "200 200 405 405 405 405",
    "/auth/forward": "401 401 401 401 401 401",
    "/auth/resource/": "401 401 401 401 401 401",
}
# One more that programs ask stands in the sites, since a browser's session opens it too (contract 4.6).
IN_THE_SITES = {"/profile/me": "401 401 405 405 405 405"}
BELOW = {
    "/auth/forward/": "401 401 401 401 401 401",
    "/auth/forward/a/b?c": "401 401 401 401 401 401",
    "/auth/forwarded": "401 401 401 401 401 401",
    "/auth/resource/rs_1": "401 401 401 401 401 401",
    "/auth/resource/rs_1/a": "401 401 401 401 401 401",
    "/auth/": "404 404 404 404 404 404",
    "/auth/resource": "404 404 404 404 404 404",
    "/oauth/": "404 404 404 404 404 404",
    "/oauth/introspect/": "404 404 404 404 404 404",
    "/oauth/revoke/": "404 404 404 404 404 404",
    "/oauth/token": "404 404 404 404 404 404",
    "/api/": "404 404 404 404 404 404",
    "/api/token/": "404 404 404 404 404 404",
    "/api/token/rotate/": "404 404 404 404 404 404",
    "/api/tokens": "404 404 404 404 404 404",
    "/.well-known/": "404 404 404 404 404 404",
    "/.well-known/openid-configuration/": "404 404 404 404 404 404",
    "/.well-known/jwks.json": "404 404 404 404 404 404",
}
# These answer in words where all is well (contract 4.8).
IN_WORDS = {"/healthz", "/readyz"}


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """The address of every URL pattern below these, as it is written."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            assert isinstance(pattern, URLPattern)
            yield address


@pytest.fixture
def ids(alice: User, application: TrustedApplication) -> dict[str, str]:
    """What stands in an address in place of each parameter: things that there are."""
    token, server = issued_pat(alice, application, description="Laptop").token, ResourceServerFactory.create()
    values = {
        "uuid:token_id": token.pk,
        "uuid:replaced_id": rotated(issued_pat(alice, application).token).token.replaces_id,
        "uuid:application_id": application.pk,
        "int:server_id": server.pk,
        "int:secret_id": server.secrets.get().pk,
        "uuid:user_id": alice.pk,
        "int:group_id": Group.objects.create(name="Data").pk,
        "int:device_id": another_device(alice).pk,
        "int:factor_id": passkey_of(alice).stored_as,
        "str:key": waiting_link(alice),
        "str:reset_key": reset_link(UserFactory.create()),
        "str:invitation_key": invitation_link(UserFactory.create()),
    }
    return {f"<{parameter}>": str(value) for parameter, value in values.items()}


@pytest.fixture
def visitors(alice: User, bob: User, administrator: User) -> dict[str, User]:
    """Who can come, with a password that can confirm it is them."""
    people = {"stranger": bob, "person": alice, "administrator": administrator}
    return {visitor: give_password(user) for visitor, user in people.items()}


def address_of(route: str, ids: dict[str, str]) -> str:
    return re.sub(r"<[^>]+>", lambda parameter: ids[parameter[0]], route)


def statuses(client: Client, address: str, **options: Any) -> str:
    return " ".join(str(client.generic(method, address, **options).status_code) for method in METHODS)


def test_every_address_has_an_entry() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(EXPECTED)


def test_every_machine_address_has_an_entry() -> None:
    assert {*machine_urls.ENDPOINTS, *machine_urls.FORWARD_AUTH_PREFIXES} == set(MACHINE)


@pytest.mark.parametrize("route", EXPECTED)
def test_t10_who_may_do_what(visitors: dict[str, User], ids: dict[str, str], route: str) -> None:
    clients = {"signed out": Client(), **{who: signed_in(user, by_factor=True) for who, user in visitors.items()}}
    found = {}
    for visitor, client in clients.items():
        found[visitor] = statuses(client, address_of(route, ids))
        if route == "/accounts/logout/" and visitor in visitors:
            assert "_auth_user_id" not in client.session
    assert found == dict(zip(clients, EXPECTED[route], strict=True))


def test_t18_a_session_opens_no_machine_address(visitors: dict[str, User]) -> None:
    for client in (Client(), signed_in(visitors["administrator"])):
        form: Any = {"data": "token=x", "content_type": "application/x-www-form-urlencoded"}
        assert {address: statuses(client, address, **form) for address in MACHINE | BELOW} == MACHINE | BELOW


@pytest.mark.parametrize("method", METHODS)
def test_t33_a_machine_address_sets_no_cookie_and_leads_nowhere_else(administrator_client: Client, method: str) -> None:
    for address in MACHINE | BELOW:
        response = administrator_client.generic(method, address)
        assert not response.cookies
        assert "Location" not in response.headers
        in_words = address in IN_WORDS and response.status_code == 200
        assert response.headers["Content-Type"] == ("text/plain" if in_words else "application/json")


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
    assert "You are signed in as alice, and this account is not an administrator" in text_of(response)


@pytest.mark.parametrize("route", [route for route in EXPECTED if "<" in route])
def test_what_does_not_exist_is_404(administrator_client: Client, route: str) -> None:
    takes_a_form = EXPECTED[route].administrator.split()[2] != "405"
    route = re.sub(r"<uuid:[^>]+>", str(uuid.uuid4()), re.sub(r"<int:[^>]+>", "4711", route))
    assert administrator_client.get(route).status_code == 404
    assert administrator_client.post(route).status_code == (404 if takes_a_form else 405)


def test_peo3_every_form_asks_for_the_proof_or_says_why_not() -> None:
    forms = {route for route, row in EXPECTED.items() if {one.split()[2] for one in row} != {"405"}}
    assert forms == set(CONFIRMED_ONLY) | set(WITHOUT_CONFIRMATION)
    assert not set(CONFIRMED_ONLY) & set(WITHOUT_CONFIRMATION)


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t46_it_must_have_been_shown_recently_who_it_is(
    visitors: dict[str, User], ids: dict[str, str], route: str, method: str
) -> None:
    address = address_of(route, ids)
    client = signed_in(visitors["administrator"], confirmed=False)
    response = client.generic(method, address)
    assert response.headers["Location"].startswith(f"{CONFIRM_URL}?next=")
    assert next_of(response) == address


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
def test_t46_no_form_is_kept_in_the_session_while_it_is_confirmed_who_it_is(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    client = signed_in(visitors["administrator"], confirmed=False)
    before = set(client.session.keys())
    client.post(address_of(route, ids), {"description": "typed words", "password": "typed words"})
    assert set(client.session.keys()) - before <= {"signed_in_at"}
    assert "typed words" not in str(dict(client.session))


@pytest.mark.parametrize("route", [route for route, row in EXPECTED.items() if row.administrator.split()[2] != "405"])
def test_t47_nothing_is_accepted_from_another_site(visitors: dict[str, User], ids: dict[str, str], route: str) -> None:
    User.objects.filter(pk=visitors["person"].pk).update(is_administrator=True)
    client = signed_in(visitors["person"], enforce_csrf_checks=True)
    response = client.post(address_of(route, ids))
    assert response.status_code == 403
    assert "nothing was changed" in text_of(response)
    assert client.session.get("_auth_user_id") == str(visitors["person"].pk)
    assert ReferenceToken.objects.filter(revoked_at=None).exists()


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


# What a GET of these keeps in the session is what its answer is about: a challenge, a key, which link was opened.
KEEPS_WHAT_IT_SHOWS = {
    "/accounts/login/passkey/",
    "/accounts/reauthenticate/passkey/",
    "/accounts/password/reset/<str:reset_key>/",
    "/accounts/invitation/<str:invitation_key>/",
    "/profile/security/second-factors/app/",
    "/profile/security/second-factors/passkeys/new/",
}


@pytest.mark.parametrize("visitor", ["person", "administrator"])
def test_ava5_a_page_that_is_read_writes_nothing(visitors: dict[str, User], ids: dict[str, str], visitor: str) -> None:
    written = {}
    for route in sorted(set(EXPECTED) - KEEPS_WHAT_IT_SHOWS):
        client = signed_in(visitors[visitor])
        with Statements() as statements:
            response = client.get(address_of(route, ids))
        # What leads elsewhere may say there why.
        if response.status_code == 200:
            written[route] = [sql for sql in statements.sql if not sql.startswith(("SELECT", "DECLARE"))]
    assert len(written) > 20
    assert {route: sql for route, sql in written.items() if sql} == {}


class Filling(HTMLParser):
    """The form of a page, filled in otherwise than it comes: other words, each box turned, the last of each choice."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._select = ""
        self._is_inside = False
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name, value = values.get("type", "text"), values.get("name", ""), values.get("value", "")
        if tag in {"form", "select"}:
            self._is_inside = self._is_inside or values.get("action", "") != "/theme/"
            self._select = name
        elif not self._is_inside:
            return
        elif tag == "option" and value:
            self.fields[self._select] = [value]
        elif tag == "input" and kind == "checkbox":
            if "checked" not in values:
                self.fields.setdefault(name, []).append(value or "on")
        elif tag == "input" and kind in {"radio", "hidden"}:
            self.fields[name] = [value]
        elif tag == "input" and kind != "password":
            others = {"email": "typed@example.com", "number": "7", "datetime-local": "2030-01-31T12:00"}
            self.fields[name] = [others.get(kind, "typed words")]

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"


# Where the address says what the form is about.
ABOUT = {
    "/manage/security/tokens/revoke-many/": "?matching=1",
    "/manage/security/tokens/suspend-many/": "?matching=1",
}
# What another form would bring anew, and what is meant to be typed once more.
NOT_CARRIED = {"csrfmiddlewaretoken", "request_key", "credential", "code", "next"}


@pytest.mark.parametrize("route", CONFIRMED_ONLY)
def test_t46_every_form_comes_back_from_the_confirmation_as_it_was_filled_in(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    user = visitors["person" if route.startswith("/profile/") else "administrator"]
    address, browser = address_of(route, ids), signed_in(user, by_factor=True)
    page = browser.get(address + ABOUT.get(route, ""))
    filled = Filling(page).fields if page.status_code == 200 else {}
    late = signed_in(user, confirmed=False).post(address, filled)
    came_back = browser.get(next_of(late))
    shown = form_of(came_back, address) if page.status_code == 200 else {}
    assert {name: shown.get(name) for name in filled if name not in NOT_CARRIED} == {
        name: values for name, values in filled.items() if name not in NOT_CARRIED
    }
    assert set(shown) <= set(filled) | NOT_CARRIED


# What a form shows at first that is no state of a thing: nobody else can change it.
NOTHING_TO_UNDO = {
    "/manage/security/resource-servers/new/": "what a new one is",
    "/manage/security/trusted-apps/new/": "what a new one is",
    "/manage/security/trusted-apps/<uuid:application_id>/tokens/new/": "what a new one is",
    "/profile/security/tokens/new/": "what a new one is",
    "/profile/security/tokens/<uuid:token_id>/rotate/": "how long the old value lives on",
    "/manage/security/tokens/<uuid:token_id>/rotate/": "how long the old value lives on",
    "/profile/security/second-factors/passkeys/new/": "what a new one is called",
    "/profile/security/password/": "whose password it is",
}


@pytest.mark.parametrize(
    "route", [route for route, row in EXPECTED.items() if route.startswith(("/profile", "/manage"))]
)
def test_edit1_every_form_that_shows_what_there_is_carries_its_version(
    visitors: dict[str, User], ids: dict[str, str], route: str
) -> None:
    user = visitors["person" if route.startswith("/profile/") else "administrator"]
    response = signed_in(user, by_factor=True).get(address_of(route, ids) + ABOUT.get(route, ""))
    shown = {name for name, values in Filled(response).fields.items() if any(values)}
    is_edited = bool(shown - {"version"}) and route not in NOTHING_TO_UNDO
    assert is_edited == ("version" in shown)


class Filled(Filling):
    """The visible fields of the forms that are posted, as they come; and the version."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind, name, value = values.get("type", "text"), values.get("name", ""), values.get("value", "")
        if tag == "form":
            self._is_inside = values.get("method") == "post" and values.get("action", "") != "/theme/"
        elif not self._is_inside or (kind == "hidden" and name != "version"):
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in values:
            self.fields.setdefault(self._select, []).append(value)
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in values):
            self.fields.setdefault(name, []).append(value)
