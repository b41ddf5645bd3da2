"""How long a session lives, and when it gets another id (PEO-3, T45)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions.devices import devices_of
from tests.accounts.sign_in.attempts import try_to_sign_in
from tests.factories import PASSWORD
from tests.pages import AFTER_SIGN_IN, CONFIRM_URL, LOGIN_URL, errors_of, give_password, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(alice)


def test_t45_the_session_has_another_id_after_signing_in(alice: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    assert before
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


def test_t45_confirming_who_it_is_gives_the_session_another_id(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    before = client.cookies["session"].value
    client.post(CONFIRM_URL, {"password": PASSWORD})
    assert client.get("/profile/").status_code == 200
    assert "1 session" in text_of(client.get("/profile/devices/"))
    thief = Client()
    thief.cookies["session"] = before
    assert thief.get("/profile/").status_code == 302


def test_t45_deactivating_somebody_ends_their_session(alice: User) -> None:
    client = try_to_sign_in("alice").client
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/profile/").status_code == 302


def test_peo3_fourteen_days_after_signing_in_a_session_ends_however_often_it_is_used(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = try_to_sign_in("alice").client
        for _half_day in range(30):
            if client.get("/profile/").status_code != 200:
                break
            clock.shift(timedelta(hours=11, minutes=59, seconds=59))
        assert timezone.now() - NOW >= timedelta(days=14)
        assert timezone.now() - NOW < timedelta(days=14, hours=12)
        assert not client.session.get("_auth_user_id")


def test_peo3_the_last_second_of_a_session_and_the_first_after_it(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(alice)
        client.get("/profile/")
        session = client.session
        session["signed_in_at"] = int((NOW - timedelta(days=14)).timestamp()) + 1
        session.save()
        assert client.get("/profile/").status_code == 200
        assert "1 session" in text_of(client.get("/profile/devices/"))
        clock.shift(timedelta(seconds=1))
        assert devices_of(alice, current_key="", now=timezone.now()) == []
        assert client.get(AFTER_SIGN_IN).headers["Location"].startswith(LOGIN_URL)


def test_t45_confirming_makes_no_session_younger(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = try_to_sign_in("alice").client
        before = client.session["signed_in_at"]
        clock.shift(timedelta(hours=1))
        client.post(CONFIRM_URL, {"password": PASSWORD})
        assert client.session["signed_in_at"] == before


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
    assert client.post(CONFIRM_URL, {"password": PASSWORD}).headers["Location"] == AFTER_SIGN_IN
    assert client.get("/profile/security/tokens/new/").status_code == 200
