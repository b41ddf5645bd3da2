"""What the database knows sessions by (T77), also those that the release before began (RUN-7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD
from tests.pages import LOGIN_URL, give_password, text_of
from tests.stored import everything_stored

pytestmark = pytest.mark.django_db
LIST = "/profile/devices/"


def is_signed_in(client: Client) -> bool:
    return client.get(LIST).status_code == 200


def test_t77_no_row_of_the_database_opens_a_session(alice_client: Client) -> None:
    alice_client.get(LIST)
    key = alice_client.session.session_key
    assert key
    assert key.encode() not in everything_stored()
    for told in ("session_key", "session_data"):
        thief = Client()
        thief.cookies["session"] = Session.objects.values_list(told, flat=True).get()
        assert not is_signed_in(thief)


def test_t77_nor_does_anything_that_a_sign_in_stores(alice: User) -> None:
    give_password(alice)
    browser = Client()
    browser.post(LOGIN_URL, {"login": "alice", "password": PASSWORD})
    key = browser.session.session_key
    assert key
    assert is_signed_in(browser)
    assert key.encode() not in everything_stored()


@pytest.fixture
def begun_before(alice_client: Client) -> Client:
    """A browser whose session the release before this one began, which stored its key as it is."""
    alice_client.get(LIST)
    key = str(alice_client.session.session_key)
    Session.objects.update(session_key=key)
    UserSession.objects.update(session_key=key)
    return alice_client


def test_run7_a_session_that_the_release_before_began_goes_on_for_both(begun_before: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert "This device" in text_of(begun_before.get(LIST))
    key = begun_before.session.session_key
    assert list(Session.objects.values_list("session_key", flat=True)) == [key]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [key]


def test_run7_such_a_session_gets_a_digest_when_it_is_renewed(begun_before: Client, alice: User) -> None:
    give_password(alice)
    begun_before.force_login(alice)
    begun_before.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert {len(key) for key in Session.objects.values_list("session_key", flat=True)} == {40}


def test_run7_such_a_session_signs_out(begun_before: Client) -> None:
    begun_before.post("/accounts/logout/")
    assert not Session.objects.exists()


def test_t77_a_session_that_signs_out_leaves_no_row(alice_client: Client) -> None:
    alice_client.post("/accounts/logout/")
    assert not Session.objects.exists()
