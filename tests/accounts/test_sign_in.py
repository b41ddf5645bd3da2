"""Signing in and out, and who cannot (PEO-1 to PEO-3, T48, T50)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import AccountAdapter
from tests.factories import PASSWORD, UserFactory
from tests.pages import CONFIRM_URL, LOGIN_URL, errors_of, form_of, give_password, signed_in, text_of

pytestmark = pytest.mark.django_db

REFUSED = ["The username and/or password you specified are not correct."]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(alice)


def try_to_sign_in(login: str, password: str = PASSWORD, target: str = "") -> Any:
    return Client().post(LOGIN_URL, {"login": login, "password": password, "next": target})


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com", "Alice@Example.com"])
def test_people_sign_in_by_user_name_or_e_mail_address_in_any_case(alice: User, login: str) -> None:
    response = try_to_sign_in(login)
    assert (response.status_code, response.headers["Location"]) == (302, "/profile/")
    assert response.client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice", "wrong"), ("alice", PASSWORD.upper()), ("nobody", PASSWORD), ("al\0ice", PASSWORD)],
)
def test_t50_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(
    alice: User, login: str, password: str
) -> None:
    response = try_to_sign_in(login, password)
    assert response.status_code == 200
    assert errors_of(response) == (REFUSED if "\0" not in login else ["Null characters are not allowed."])
    assert response.client.get("/profile/").status_code == 302


def test_t50_an_inactive_person_is_refused_in_the_same_words_as_an_unknown_one(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = try_to_sign_in("alice")
    assert (response.status_code, errors_of(response)) == (200, REFUSED)
    assert response.client.get("/profile/").status_code == 302


def test_peo1_a_system_user_cannot_sign_in(db: None) -> None:
    UserFactory.create(username="robot", system=True)
    for password in (PASSWORD, "!unusable", "!"):
        assert errors_of(try_to_sign_in("robot", password)) == REFUSED


def test_a_form_left_empty_says_what_to_enter(client: Client, db: None) -> None:
    response = client.post(LOGIN_URL, {})
    assert errors_of(response) == ["Enter your user name or your e-mail address.", "Enter your password."]
    words = text_of(response)
    assert "User name or e-mail address" in words
    assert "Forgot your password?" in words
    assert "Sign up" not in words


def test_a_password_typed_wrong_does_not_come_back_in_the_page(alice: User) -> None:
    assert "wrong password here" not in try_to_sign_in("alice", "wrong password here").content.decode()


@pytest.mark.parametrize("target", ["/manage/security/trusted-apps/?q=a&after=", "/profile/security/tokens/new/"])
def test_after_signing_in_one_is_where_one_wanted_to_go(alice: User, target: str) -> None:
    client = Client()
    page = client.get(LOGIN_URL, {"next": target})
    response = client.post(LOGIN_URL, form_of(page) | {"login": "alice", "password": PASSWORD})
    assert response.headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "javascript:alert(1)"],
)
def test_t48_no_link_leads_from_the_sign_in_page_to_another_place(alice: User, target: str) -> None:
    assert try_to_sign_in("alice", target=target).headers["Location"] == "/profile/"
    client = signed_in(alice, confirmed=False)
    response = client.post(CONFIRM_URL, {"password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/profile/"
    assert signed_in(alice).post("/accounts/logout/", {"next": target}).headers["Location"] == LOGIN_URL


def test_t45_the_session_has_another_id_after_signing_in(alice: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    client.cookies["session"] = before
    client.post(LOGIN_URL, {"login": "alice", "password": PASSWORD})
    assert client.cookies["session"].value != before
    assert not client.session.exists(before)


def test_t45_signing_out_ends_the_session_itself(alice: User) -> None:
    client = signed_in(alice)
    cookie = client.cookies["session"].value
    assert client.post("/accounts/logout/").headers["Location"] == LOGIN_URL
    other = Client()
    other.cookies["session"] = cookie
    assert other.get("/profile/").status_code == 302


def test_get_only_asks_whether_to_sign_out(alice: User) -> None:
    client = signed_in(alice)
    assert "Your tokens keep working: they do not depend on this session." in text_of(client.get("/accounts/logout/"))
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(("hours", "status"), [(11, 200), (13, 302)])
def test_peo3_twelve_hours_without_a_request_end_a_session(alice: User, hours: int, status: int) -> None:
    client = try_to_sign_in("alice").client
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert client.get("/profile/").status_code == status


def test_peo3_a_page_of_a_signed_in_person_may_not_be_stored(alice: User) -> None:
    assert signed_in(alice).get("/profile/").headers["Cache-Control"] == "no-store"


def test_a_password_sign_in_counts_as_confirmation(alice: User) -> None:
    client = try_to_sign_in("alice").client
    assert client.get("/profile/security/tokens/new/").status_code == 200


def test_t46_confirming_needs_the_password_of_the_signed_in_person(alice: User, bob: User) -> None:
    client = signed_in(alice, confirmed=False)
    for password, errors in (("", ["Enter your password."]), ("wrong", ["Incorrect password."])):
        assert errors_of(client.post(CONFIRM_URL, {"password": password})) == errors
    assert client.get("/profile/security/tokens/new/").status_code == 302
    assert client.post(CONFIRM_URL, {"password": PASSWORD}).headers["Location"] == "/profile/"
    assert client.get("/profile/security/tokens/new/").status_code == 200


def test_peo2_nobody_signs_up(rf: RequestFactory) -> None:
    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False
