"""Changing one's e-mail address: confirmed by the new one, told to the old one, and no word about anybody else's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, EmailChange, User
from tests.factories import UserFactory, waiting_link
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, errors_of, form_of, next_of, signed_in, text_of

pytestmark = pytest.mark.django_db

PAGE = "/profile/email/"
LINK = re.compile(r"http://localhost:8000(/profile/email/confirm/[^/\s]{43}/)\n")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OLD, NEW = "alice@example.com", "Alice.New@example.com"


@pytest.fixture(autouse=True)
def old_address(alice: User) -> None:
    alice.email = OLD
    alice.save(update_fields=["email"])


def ask(client: Client, email: str = NEW) -> Any:
    return client.post(PAGE, form_of(client.get(PAGE)) | {"email": email})


def mails_to(address: str) -> list[Any]:
    return [one for one in mail.outbox if one.recipients() == [address]]


def link() -> str:
    """The path of the link in the newest mail to the new address."""
    found = LINK.findall(mails_to(NEW)[-1].body)
    assert len(found) == 1
    return str(found[0])


def address_of(user: User) -> str:
    user.refresh_from_db()
    return user.email


def test_nothing_changes_until_the_link_is_used(alice: User, alice_client: Client) -> None:
    response = ask(alice_client)
    assert (response.status_code, response.headers["Location"]) == (302, "/profile/")
    words = text_of(alice_client.get("/profile/"))
    assert f"We sent a mail to {NEW}. Open its link to change your address." in words
    assert "Confirm your new e-mail address" in words
    assert "Use this e-mail address?" in text_of(alice_client.get(link()))
    assert address_of(alice) == OLD


def test_the_link_gives_the_address_once(alice: User, alice_client: Client) -> None:
    ask(alice_client)
    address = link()
    assert alice_client.post(address, form_of(alice_client.get(address))).headers["Location"] == "/profile/"
    assert address_of(alice) == NEW
    words = text_of(alice_client.get("/profile/"))
    assert f"Your e-mail address is now {NEW}." in words
    assert "Confirm your new e-mail address" not in words
    for method in ("GET", "POST"):
        response = alice_client.generic(method, address)
        assert response.status_code == 404
        assert "This link is not valid" in text_of(response)


def test_a_form_that_is_sent_twice_answers_the_second_time_what_the_address_is_now(alice_client: Client) -> None:
    ask(alice_client)
    form = form_of(alice_client.get(link()))
    answers = [alice_client.post(link(), form) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [302, 404]
    assert f"Your e-mail address here is {NEW}." in text_of(answers[1])


def test_a_dead_link_says_where_there_is_no_address(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(email="")
    assert "You have no e-mail address here." in text_of(alice_client.get("/profile/email/confirm/unknown/"))


def test_the_old_address_is_told_when_it_is_asked_for_and_when_it_changes(alice_client: Client) -> None:
    ask(alice_client)
    (asked,) = mails_to(OLD)
    assert asked.subject == "A change of your e-mail address was requested"
    assert NEW in asked.body
    assert "http://localhost:8000/profile/devices/" in asked.body
    alice_client.post(link())
    assert mails_to(OLD)[1].subject == "Your e-mail address was changed"
    assert len(mail.outbox) == 3


def test_who_has_no_address_yet_gets_one(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(email="")
    ask(alice_client)
    alice_client.post(link())
    assert address_of(alice) == NEW
    assert len(mail.outbox) == 1


def test_the_link_lives_for_a_day(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ask(signed_in(alice))
        clock.shift(timedelta(hours=24, seconds=-1))
        client = signed_in(alice)
        assert client.get(link()).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert client.get(link()).status_code == 404
        assert client.post(link()).status_code == 404
        assert "Confirm your new e-mail address" not in text_of(client.get("/profile/"))
    assert address_of(alice) == OLD


def test_only_the_newest_link_works(alice: User, alice_client: Client) -> None:
    ask(alice_client)
    first = link()
    ask(alice_client)
    assert alice_client.post(first).status_code == 404
    assert alice_client.post(link()).status_code == 302


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t10_the_link_of_somebody_else_does_nothing(alice: User, bob: User, alice_client: Client, method: str) -> None:
    ask(alice_client)
    response = signed_in(bob).generic(method, link())
    assert response.status_code == 404
    assert NEW not in text_of(response)
    assert (address_of(alice), address_of(bob)) == (OLD, "")


def test_signed_out_signs_in_and_comes_back_to_the_link(alice_client: Client, client: Client) -> None:
    ask(alice_client)
    assert next_of(client.get(link())) == link()


# --- Nobody learns whose addresses are known here (T50) --------------------------------------------------------------


@pytest.mark.parametrize("taken", [NEW, NEW.upper()])
def test_t50_an_address_of_somebody_else_is_answered_the_same(
    alice: User, alice_client: Client, bob: User, taken: str
) -> None:
    free = ask(alice_client, NEW)
    free_page = text_of(alice_client.get("/profile/"))
    User.objects.filter(pk=bob.pk).update(email=taken)
    mail.outbox.clear()
    response = ask(alice_client, NEW)
    assert (response.status_code, response.headers["Location"]) == (free.status_code, free.headers["Location"])
    assert text_of(alice_client.get("/profile/")) == free_page
    assert mails_to(NEW)[0].subject == "Your e-mail address was entered in another account"
    assert "alice" not in mails_to(NEW)[0].body.replace(NEW, "")
    assert not LINK.search(mails_to(NEW)[0].body)
    assert mails_to(OLD)[0].subject == "A change of your e-mail address was requested"
    assert [event.action for event in AuditEvent.objects.all()] == ["user:ask_email_change"] * 2


@pytest.mark.mails_wait
def test_t50_the_work_is_the_same_for_an_address_of_somebody_else(alice_client: Client, bob: User) -> None:
    def queries() -> int:
        form = form_of(alice_client.get(PAGE))
        with Statements() as statements:
            alice_client.post(PAGE, form | {"email": NEW})
        return len(statements.sql)

    ask(alice_client, "first@example.com")
    for_nobody = queries()
    User.objects.filter(pk=bob.pk).update(email=NEW)
    assert queries() == for_nobody


def test_an_address_that_somebody_took_meanwhile_is_not_taken_from_them(
    alice: User, alice_client: Client, bob: User
) -> None:
    ask(alice_client)
    User.objects.filter(pk=bob.pk).update(email=NEW.lower())
    assert alice_client.post(link()).headers["Location"] == "/profile/"
    assert "Another account now uses this e-mail address." in text_of(alice_client.get("/profile/"))
    assert (address_of(alice), address_of(bob)) == (OLD, NEW.lower())
    assert not AuditEvent.objects.filter(action="user:change_email").exists()


# --- What is asked first, refused, recorded --------------------------------------------------------------------------


def test_t46_it_must_have_been_shown_recently_who_it_is(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    response = client.post(PAGE, {"email": NEW})
    assert response.headers["Location"].startswith(CONFIRM_URL)
    assert form_of(signed_in(alice).get(next_of(response)))["email"] == [NEW]
    key = waiting_link(alice)
    assert client.post(f"/profile/email/confirm/{key}/").headers["Location"].startswith(CONFIRM_URL)
    assert (mail.outbox, address_of(alice)) == ([], OLD)


@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", "Enter the new e-mail address."),
        ("alice", "Enter an e-mail address, like alice@example.com."),
        ("a@b.com\r\nBcc: c@d.com", "Enter an e-mail address, like alice@example.com."),
        ("a@exa\u202emple.com", "Remove the invisible characters."),
        ("a@exa\u200bmple.com", "Remove the invisible characters."),
        (OLD, "This is already your e-mail address."),
        (
            f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.com",
            "Ensure this value has at most 254 characters (it has 260).",
        ),
    ],
)
def test_t63_what_is_no_address_is_refused(alice_client: Client, email: str, error: str) -> None:
    response = ask(alice_client, email)
    assert response.status_code == 422
    assert error in errors_of(response)
    assert mail.outbox == []
    assert not EmailChange.objects.exists()


def test_ones_own_address_may_change_its_case(alice: User, alice_client: Client) -> None:
    ask(alice_client, OLD.title())
    assert LINK.search(mails_to(OLD.title())[0].body)


def test_t51_mails_are_sent_a_few_times_an_hour(alice_client: Client) -> None:
    answers = [ask(alice_client).status_code for _number in range(6)]
    assert answers == [302] * 5 + [429]
    assert len(mails_to(NEW)) == 5


def test_aud1_both_steps_are_recorded_without_the_addresses(alice: User, alice_client: Client) -> None:
    ask(alice_client)
    alice_client.post(link())
    events = AuditEvent.objects.order_by("seq")
    assert [event.action for event in events] == ["user:ask_email_change", "user:change_email"]
    assert {(event.actor_id, event.target_id) for event in events} == {(str(alice.pk), str(alice.pk))}
    assert not [event for event in events if event.details]


def test_the_key_of_the_link_is_stored_nowhere(alice: User, alice_client: Client) -> None:
    ask(alice_client)
    key = link().split("/")[-2]
    assert key.encode() not in bytes(EmailChange.objects.get().digest)
    assert key not in str(list(AuditEvent.objects.values()))


def test_t49_the_link_starts_with_the_configured_origin(alice: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = signed_in(alice, headers={"host": "evil.example"})
    ask(client)
    assert "evil.example" not in mails_to(NEW)[0].body
    assert link()


def test_peo1_who_was_deactivated_meanwhile_gets_no_address(alice: User, alice_client: Client) -> None:
    ask(alice_client)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert alice_client.post(link()).headers["Location"].startswith("/accounts/login/")
    assert address_of(alice) == OLD


def test_a_system_user_has_no_way_here() -> None:
    robot = UserFactory.create(system=True, email="robot@example.com")
    client = Client()
    client.force_login(robot)
    assert client.get(PAGE).headers["Location"].startswith("/accounts/login/")


def test_a_link_prepares_no_address(alice_client: Client) -> None:
    shown = form_of(alice_client.get(f"{PAGE}?email=mallory@example.com"), PAGE)
    assert shown["email"] == [""]
