"""Confirming that it is you: by whatever the person has (PEO-3, T45, T46)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.sessions.keys import stored_key
from tests.factories import PASSWORD
from tests.pages import AFTER_SIGN_IN, CONFIRM_URL, HTMX, errors_of, form_of, give_password, signed_in, text_of
from tests.second_factors import CODES, app_of, factor, options_of, passkey_of
from tests.soft_key import PRESENT

pytestmark = pytest.mark.django_db

CODE_URL = "/accounts/reauthenticate/code/"
SHOW_URL = "/accounts/reauthenticate/passkey/"
FORM_URL = "/profile/security/tokens/new/"


def is_confirmed(client: Client) -> bool:
    return client.get(FORM_URL).status_code == 200


def test_t46_a_code_of_the_app_confirms_and_leads_on(alice: User) -> None:
    app, _codes = app_of(alice)
    client = signed_in(alice, confirmed=False)
    page = client.get(CODE_URL, {"next": FORM_URL})
    response = client.post(CODE_URL, form_of(page) | {"code": app.code()})
    assert response.headers["Location"] == FORM_URL
    assert is_confirmed(client)


def test_t53_a_code_that_confirmed_cannot_sign_in(alice: User) -> None:
    app, _codes = app_of(alice)
    code = app.code()
    client = signed_in(alice, confirmed=False)
    assert client.post(CODE_URL, {"code": code}).headers["Location"] == AFTER_SIGN_IN
    assert errors_of(client.post(CODE_URL, {"code": code})) == ["This code is wrong or has already been used."]


def test_aud1_a_wrong_code_confirms_nothing_and_is_recorded(alice: User) -> None:
    app_of(alice)
    client = signed_in(alice, confirmed=False)
    assert client.post(CODE_URL, {"code": "000000"}).status_code == 422
    assert not is_confirmed(client)
    event = AuditEvent.objects.get(action="user:sign_in_failed")
    assert (event.details, event.target_id) == ({"method": "code"}, str(alice.pk))


def test_a_recovery_code_confirms_nothing_and_is_not_used_up(alice: User) -> None:
    _app, codes = app_of(alice)
    client = signed_in(alice, confirmed=False)
    response = client.post(CODE_URL, {"code": codes[0]})
    assert response.status_code == 422
    assert "Lost it? Sign out and sign in again with a recovery code" in text_of(response)
    assert factor(alice, CODES).data["used_mask"] == 0


def test_t46_a_passkey_confirms_and_leads_on(alice: User) -> None:
    key = passkey_of(alice, flags=PRESENT)
    client = signed_in(alice, confirmed=False)
    page = client.get(SHOW_URL, {"next": FORM_URL})
    answer = json.dumps(key.shown(options_of(page)))
    response = client.post(SHOW_URL, form_of(page) | {"credential": answer})
    assert response.headers["Location"] == FORM_URL
    assert is_confirmed(client)


def test_t46_somebody_elses_passkey_confirms_nothing(alice: User, bob: User) -> None:
    passkey_of(alice)
    client = signed_in(alice, confirmed=False)
    answer = passkey_of(bob).shown(options_of(client.get(SHOW_URL)))
    response = client.post(SHOW_URL, {"credential": json.dumps(answer)})
    assert errors_of(response) == ["This passkey was not accepted. Try again, or use another way."]
    assert not is_confirmed(client)


def test_the_pages_offer_all_that_the_person_has(alice: User) -> None:
    app_of(give_password(alice))
    passkey_of(alice)
    client = signed_in(alice, confirmed=False)
    ways = {
        CONFIRM_URL: "Use your password",
        SHOW_URL: "Use a passkey",
        CODE_URL: "Use your authenticator app",
    }
    for address in ways:
        page = client.get(address, {"next": FORM_URL})
        others = {
            url for url in ways if f'href="{url}?next=%2Fprofile%2Fsecurity%2Ftokens%2Fnew%2F"' in str(page.content)
        }
        assert others == set(ways) - {address}
        assert all(ways[other] in text_of(page) for other in others)


def test_who_has_no_password_is_asked_for_what_they_have(alice: User) -> None:
    app_of(alice)
    client = signed_in(alice, confirmed=False)
    assert client.get(CONFIRM_URL, {"next": FORM_URL}).headers["Location"].startswith(f"{CODE_URL}?next=")
    passkey_of(alice)
    assert client.get(CONFIRM_URL).headers["Location"] == SHOW_URL


def test_who_has_nothing_to_confirm_with_is_told_what_to_do(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    page = client.get(client.get(FORM_URL).headers["Location"])
    assert page.status_code == 200
    assert "You cannot confirm it is you" in text_of(page)
    assert "Sign out and sign in again, or ask an administrator for help with a password" in text_of(page)
    assert client.post(CONFIRM_URL, {"password": PASSWORD}).status_code == 200
    assert not is_confirmed(client)


@pytest.mark.parametrize("address", [CODE_URL, SHOW_URL])
def test_who_lacks_a_factor_is_asked_for_another(alice: User, address: str) -> None:
    client = signed_in(give_password(alice), confirmed=False)
    response = client.post(address, {"code": "000000", "next": FORM_URL})
    assert response.headers["Location"] == f"{CONFIRM_URL}?next=%2Fprofile%2Fsecurity%2Ftokens%2Fnew%2F"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_t48_a_confirmation_leads_to_no_other_place(alice: User, target: str) -> None:
    app, _codes = app_of(alice)
    client = signed_in(alice, confirmed=False)
    assert client.post(CODE_URL, {"code": app.code(), "next": target}).headers["Location"] == AFTER_SIGN_IN


def test_t45_the_session_has_another_id_after_a_confirmation_and_stays_the_same_device(alice: User) -> None:
    app, _codes = app_of(give_password(alice))
    for send in ({"password": PASSWORD}, {"code": app.code()}):
        client = signed_in(alice, confirmed=False)
        before, device = client.session.session_key, UserSession.objects.latest("pk")
        client.post(CONFIRM_URL if "password" in send else CODE_URL, send)
        assert client.session.session_key != before
        assert not client.session.exists(str(before))
        device.refresh_from_db()
        assert device.session_key == stored_key(client.session.session_key)
        assert "This device" in text_of(client.get("/profile/devices/"))


def test_t45_a_failed_confirmation_changes_no_session(alice: User) -> None:
    client = signed_in(give_password(alice), confirmed=False)
    before = client.session.session_key
    client.post(CONFIRM_URL, {"password": "wrong"})
    assert client.session.session_key == before


def test_t46_what_was_typed_comes_back_after_a_code(alice: User, application: Any) -> None:
    app, _codes = app_of(alice)
    client = signed_in(alice, confirmed=False)
    sent = client.post(FORM_URL, {"description": "typed words", "scopes": ["read"]}, headers=HTMX)
    asks = client.get(client.get(sent.headers["HX-Redirect"]).headers["Location"])
    response = client.post(CODE_URL, form_of(asks) | {"code": app.code()})
    assert 'value="typed words"' in client.get(response.headers["Location"]).content.decode()
