"""Guessing one account from many networks: it is slowed, its person is told, and nobody is kept out by it (T51)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.test.utils import override_settings
from pytest_django.fixtures import Settings

from accounts.limits import rates
from accounts.models import User
from tests.factories import PASSWORD, invitation_link, reset_link
from tests.pages import CONFIRM_URL, LOGIN_URL, give_password, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NEW_PASSWORD = "seven swans on a frozen lake"


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(User.objects.get(pk=alice.pk))


def address(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250 + 1}"


def try_to_sign_in(login: str, password: str = "wrong", *, number: int = 0, client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN_URL, {"login": login, "password": password}, REMOTE_ADDR=address(number))


def guess(login: str, times: int) -> list[int]:
    """The statuses of so many guesses, of which no two come from one address."""
    return [try_to_sign_in(login, number=number).status_code for number in range(1, times + 1)]


def signed_out(user: User, password: str = PASSWORD) -> Client:
    """A browser in which the person was signed in, and is not now."""
    client = Client()
    assert client.post(LOGIN_URL, {"login": user.username, "password": password}).status_code == 302
    client.post("/accounts/logout/")
    return client


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_t51_after_fifty_guesses_from_anywhere_an_unfamiliar_browser_waits(alice: User, login: str) -> None:
    assert guess(login, 60) == [200] * 50 + [429] * 10
    response = try_to_sign_in(login, PASSWORD)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3600")
    assert "New browsers have to wait" in text_of(response)
    assert "Wait 60 minutes" in text_of(response)


def test_t51_a_familiar_browser_does_not_wait_whoever_guesses(alice: User) -> None:
    client = signed_out(alice)
    guess("alice", 60)
    assert try_to_sign_in("alice", client=client).status_code == 200
    assert try_to_sign_in("alice@example.com", PASSWORD, client=client).status_code == 302
    assert try_to_sign_in("alice", PASSWORD).status_code == 429


def test_t51_a_familiar_browser_is_held_to_as_many_guesses_of_its_own(alice: User) -> None:
    client = signed_out(alice)
    found = [try_to_sign_in("alice", number=number, client=client).status_code for number in range(52)]
    assert found == [200] * 50 + [429] * 2
    assert try_to_sign_in("alice", PASSWORD).status_code == 302


def test_t51_a_browser_of_one_account_is_unfamiliar_to_another(alice: User, bob: User) -> None:
    client = signed_out(give_password(bob))
    guess("alice", 51)
    assert try_to_sign_in("alice", PASSWORD, client=client).status_code == 429


def test_t51_a_browser_is_remembered_for_five_accounts(alice: User) -> None:
    client = signed_out(alice)
    for number in range(5):
        other = give_password(User.objects.create(username=f"other{number}"))
        client.post(LOGIN_URL, {"login": other.username, "password": PASSWORD})
        client.post("/accounts/logout/")
        assert client.cookies["browser"].value.count(".") == min(number + 2, 5)
    guess("alice", 51)
    assert try_to_sign_in("alice", PASSWORD, client=client).status_code == 429
    assert try_to_sign_in("other0", PASSWORD, client=client).status_code == 302


@pytest.mark.parametrize("change", ["x", "", "~~~", ".", "a.b", "é.ü"])
def test_t51_nobody_makes_such_a_cookie(alice: User, change: str) -> None:
    client = signed_out(alice)
    value = client.cookies["browser"].value
    client.cookies["browser"] = value[:-1] + change if change == "x" else change
    guess("alice", 51)
    assert try_to_sign_in("alice", PASSWORD, client=client).status_code == 429


def test_t51_a_new_password_makes_every_browser_unfamiliar_but_the_one_it_was_chosen_in(alice: User) -> None:
    other, client = signed_out(alice), signed_in(alice)
    client.post("/profile/security/password/", {"password": PASSWORD, "new_password": NEW_PASSWORD})
    client.post("/accounts/logout/")
    guess("alice", 51)
    assert try_to_sign_in("alice", NEW_PASSWORD, client=other).status_code == 429
    assert try_to_sign_in("alice", NEW_PASSWORD, client=client).status_code == 302


def test_t51_a_password_reset_is_a_way_in_while_somebody_guesses(alice: User) -> None:
    guess("alice", 51)
    client = Client()
    client.get(f"/accounts/password/reset/{reset_link(alice)}/")
    client.post("/accounts/password/reset/new/", {"new_password": NEW_PASSWORD})
    assert try_to_sign_in("alice", NEW_PASSWORD, client=client).status_code == 302


def test_t51_an_invitation_is_a_way_in_while_somebody_guesses(bob: User) -> None:
    client = Client()
    client.get(f"/accounts/invitation/{invitation_link(bob)}/")
    guess("bob", 51)
    client.post("/accounts/invitation/", {"new_password": NEW_PASSWORD, "name": "Bob"})
    assert try_to_sign_in("bob", NEW_PASSWORD, client=client).status_code == 302


def test_t51_who_is_signed_in_confirms_while_somebody_guesses(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    guess("alice", 51)
    assert client.post(CONFIRM_URL, {"password": PASSWORD}).status_code == 302
    client.post("/accounts/logout/")
    assert try_to_sign_in("alice", PASSWORD, client=client).status_code == 302


def test_t51_a_stolen_session_guesses_no_more_than_anybody(alice: User) -> None:
    client = signed_in(alice)
    found = [
        client.post(CONFIRM_URL, {"password": "wrong"}, REMOTE_ADDR=address(number)).status_code for number in range(52)
    ]
    assert found == [200] * 50 + [429] * 2
    assert try_to_sign_in("alice", PASSWORD).status_code == 302


def test_t51_it_ends_by_itself_after_an_hour(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        guess("alice", 51)
        clock.shift(timedelta(minutes=59, seconds=59))
        assert try_to_sign_in("alice", PASSWORD).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert try_to_sign_in("alice", PASSWORD).status_code == 302


def test_t51_the_person_is_told_once_a_day(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    # Another test holds the number of guesses; fifty of them in every hour of a day would take most of a minute.
    monkeypatch.setattr(rates, "GUESSES", replace(rates.GUESSES, account=1))
    with time_machine.travel(NOW, tick=False) as clock:
        for _hour in range(23):
            assert guess("alice", 3) == [200, 429, 429]
            clock.shift(timedelta(hours=1))
        assert [(message.to, message.subject) for message in mail.outbox] == [
            (["alice@example.com"], "Somebody is guessing your password")
        ]
        clock.shift(timedelta(hours=1))
        guess("alice", 2)
        assert len(mail.outbox) == 2


@pytest.mark.parametrize("traits", [{"email": ""}, {"is_active": False}])
def test_t51_who_cannot_be_told_or_cannot_sign_in_is_told_nothing(alice: User, traits: dict[str, Any]) -> None:
    User.objects.filter(pk=alice.pk).update(**traits)
    assert guess("alice", 52)[-1] == 429
    assert not mail.outbox


def test_t51_in_production_the_cookie_is_this_hosts_alone(alice: User, settings: Settings) -> None:
    with override_settings(IS_PRODUCTION=True):
        client = Client()
        client.post(LOGIN_URL, {"login": "alice", "password": PASSWORD})
        cookie = client.cookies["__Host-browser"]
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 400 * 24 * 3600)
    assert str(alice.pk) not in cookie.value
    assert "alice" not in cookie.value


def test_t51_a_browser_stays_familiar_when_the_secret_key_is_exchanged(alice: User, settings: Settings) -> None:
    client = signed_out(alice)
    guess("alice", 10)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of more than fifty characters for the tests alone"
    guess("alice", 51)
    assert try_to_sign_in("alice", PASSWORD, client=client).status_code == 302


def test_signing_in_again_leaves_the_browser_its_key(alice: User) -> None:
    client = signed_out(alice)
    before = client.cookies["browser"].value
    client.post(LOGIN_URL, {"login": "alice", "password": PASSWORD})
    assert client.cookies["browser"].value == before
