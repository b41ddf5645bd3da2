"""Signing in at an OpenID Connect provider: a real one, on loopback."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sign_in.openid_views import ASKING
from tests.accounts.single_sign_on.at_the_provider import CALLBACK, is_signed_in, sign_in_as
from tests.openid.journey import CALLBACK_URL, SIGN_IN_URL, come_back, leave, parameters
from tests.openid.provider import OpenIDProvider, Visitor
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, sign_in, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# The way there and back


def test_a_connected_person_signs_in_and_is_where_they_wanted_to_go(connected: User, visitor: Visitor) -> None:
    client = Client()
    target = "/profile/security/tokens/?state=ended"
    page = client.get(LOGIN_URL, {"next": target})
    assert "Sign in at localhost" in text_of(page)
    response = sign_in_as(client, visitor, "s1", target)
    assert (response.status_code, response.headers["Location"]) == (302, target)
    assert client.session["_auth_user_id"] == str(connected.pk)


def test_ava4_who_comes_back_while_two_ask_the_provider_loads_the_page_again(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    with ASKING.slot(), ASKING.slot():
        assert come_back(client, answer).status_code == 503
    assert come_back(client, answer).status_code == 302
    assert is_signed_in(client)


def test_the_provider_is_asked_by_code_with_pkce_state_and_nonce(provider: OpenIDProvider) -> None:
    client = Client()
    first, second = parameters(leave(client)), parameters(leave(client))
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 16
        assert first[name] != second[name]


def test_t49_the_provider_sends_people_to_the_configured_origin(provider: OpenIDProvider, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert parameters(leave(client))["redirect_uri"] == CALLBACK


def test_no_redirect_answers_the_form_that_leads_to_the_provider(provider: OpenIDProvider) -> None:
    response = Client().post(SIGN_IN_URL)
    assert response.status_code == 200
    assert "form-action 'self'" in response.headers["Content-Security-Policy"]
    assert "Go to localhost" in text_of(response)


def test_a_link_only_asks_whether_to_go_to_the_provider(provider: OpenIDProvider) -> None:
    client = Client()
    response = client.get(SIGN_IN_URL, {"next": "/manage/"})
    assert "You sign in at localhost and return here." in text_of(response)
    assert 'name="next" value="/manage/"' in response.content.decode()
    assert not client.session.get("socialaccount_states")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_t48_no_link_leads_from_the_provider_to_another_place(connected: User, visitor: Visitor, target: str) -> None:
    assert sign_in_as(Client(), visitor, "s1", target).headers["Location"] == AFTER_SIGN_IN


def test_who_is_signed_in_already_goes_on(connected: User) -> None:
    client = signed_in(connected)
    assert client.get(SIGN_IN_URL, {"next": "/manage/"}).headers["Location"] == "/manage/"
    assert client.post(SIGN_IN_URL).headers["Location"] == AFTER_SIGN_IN


def test_an_answer_works_once_and_in_the_browser_that_left(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    other = come_back(Client(), answer)
    assert other.status_code == 400
    assert "This sign-in was not started in this browser" in text_of(other)
    assert come_back(client, answer).status_code == 302
    client.post("/accounts/logout/")
    assert come_back(client, answer).status_code == 400
    assert not is_signed_in(client)


def test_an_answer_that_comes_after_ten_minutes_is_refused(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert come_back(client, answer).status_code == 400


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?error=access_denied"])
def test_an_answer_that_nobody_asked_for_is_refused(provider: OpenIDProvider, query: str) -> None:
    assert Client().get(CALLBACK_URL + query).status_code == 400


def test_who_turns_back_at_the_provider_is_told_so(connected: User, visitor: Visitor) -> None:
    client = Client()
    response = come_back(client, visitor.cancel(leave(client)))
    assert response.status_code == 400
    assert "You returned from localhost without signing in." in text_of(response)


def test_who_turns_back_still_gets_to_where_they_wanted_to_go(connected: User, visitor: Visitor) -> None:
    client = Client()
    target = "/profile/security/tokens/?state=ended"
    page = come_back(client, visitor.cancel(leave(client, target=target)))
    assert f'href="{LOGIN_URL}?next=%2Fprofile%2Fsecurity%2Ftokens%2F%3Fstate%3Dended"' in page.content.decode()


def test_t45_the_session_has_another_id_after_signing_in(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    before = client.session.session_key
    assert before
    come_back(client, answer)
    assert client.session.session_key != before
    assert not client.session.exists(before)


def test_t51_nobody_keeps_this_server_busy_with_asking_the_provider(provider: OpenIDProvider) -> None:
    statuses = [Client().post(SIGN_IN_URL).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


def test_a_session_of_somebody_else_ends_first(connected: User, bob: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    sign_in(client, bob)
    assert come_back(client, answer).status_code == 302
    assert client.session["_auth_user_id"] == str(connected.pk)


# The second factor


def test_t53_the_provider_is_the_first_factor_and_the_second_is_still_asked(connected: User, visitor: Visitor) -> None:
    Authenticator.objects.create(user=connected, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    assert sign_in_as(client, visitor, "s1").headers["Location"] == "/accounts/second-factor/"
    assert "_auth_user_id" not in client.session
    assert not is_signed_in(client)
