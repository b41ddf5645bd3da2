"""Mails about accounts: stored, sealed, with what they tell of; sent behind it, and then gone from here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.mailed_links.email_change import ask_email_change
from accounts.mailed_links.invitations import invite_person, renew_invitation
from accounts.mailed_links.password_reset import ask_password_reset
from accounts.models import OutboxEntry, PasswordReset, User
from accounts.outbox.delivery import PAUSES, deliver, send_due_mails
from accounts.passwords.setting import set_password
from accounts.people.changes import change_user
from accounts.people.deactivation import deactivate_user
from accounts.people.deletion import anonymise_person
from tests.concurrency import outcomes, threads
from tests.factories import UserFactory
from tests.languages import TRANSLATED, reads_german, second_language
from tests.pages import give_password
from tests.stored import everything_stored

pytestmark = [pytest.mark.django_db, pytest.mark.mails_wait]

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEY = re.compile(r"http://localhost:8000/\S*/([^/\s]{43})/")
CHOSEN = "seven swans on a frozen lake"


@pytest.fixture
def alice(db: None) -> User:
    return give_password(UserFactory.create(username="alice", name="Alice", email="alice@example.com"))


def invite(username: str = "carol") -> User:
    return invite_person(actor=OPERATOR, username=username, email=f"{username}@example.com", now=timezone.now())


def ask_reset(login: str = "alice") -> None:
    ask_password_reset(login, address=None, now=timezone.now())


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


# --- At rest ---------------------------------------------------------------------------------------------------------


def test_t53_no_link_and_nothing_that_was_typed_can_be_read_in_the_database(alice: User) -> None:
    invite()
    ask_email_change(actor=OPERATOR, user=alice, email="new@example.com", now=timezone.now())
    ask_reset("my secret password")
    ask_reset()
    stored = [everything_stored()]
    # Behind the request, the link is made and stored; here the mail server is down.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        for _round in range(6):
            send_due_mails()
    stored.append(everything_stored())
    assert PasswordReset.objects.count() == 1
    with time_machine.travel(timezone.now() + PAUSES[0]):
        assert send_due_mails() == 4
    stored.append(everything_stored())
    keys = [key for message in mail.outbox for key in KEY.findall(str(message.body))]
    assert len(keys) == 3
    secrets = [*keys, "my secret password", "invitation/", "password/reset/"]
    assert [text for text in secrets if any(text.encode() in one for one in stored)] == []


def refuse(*_args: Any) -> int:
    raise ConnectionRefusedError


def test_what_was_sent_is_kept_no_longer(alice: User) -> None:
    invite()
    ask_reset()
    assert OutboxEntry.objects.count() == 2
    assert send_due_mails() == 2
    assert not OutboxEntry.objects.exists()


def test_nothing_is_mailed_of_what_did_not_happen(alice: User) -> None:
    def change_and_fail() -> None:
        with transaction.atomic():
            invite()
            set_password(actor=OPERATOR, user=alice, password=CHOSEN, now=timezone.now())
            raise ConnectionError

    with pytest.raises(ConnectionError):
        change_and_fail()
    assert send_due_mails() == 0
    assert not OutboxEntry.objects.exists()


def test_t64_nothing_is_left_of_mails_to_somebody_deleted(alice: User) -> None:
    set_password(actor=OPERATOR, user=alice, password=CHOSEN, now=timezone.now())
    assert OutboxEntry.objects.count() == 1
    anonymise_person(actor=OPERATOR, user_id=alice.pk, now=timezone.now())
    assert not OutboxEntry.objects.exists()


def test_a_mail_under_a_key_that_is_gone_waits_for_it(alice: User, settings: Settings, log_lines: list[str]) -> None:
    invite()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of fifty characters, for this test alone!"
    assert send_due_mails() == 0
    assert [line for line in log_lines if "SECRET_KEY_FALLBACKS lacks the old one" in line]
    settings.SECRET_KEY_FALLBACKS = [old]
    with time_machine.travel(timezone.now() + PAUSES[0]):
        assert send_due_mails() == 1


# --- What is not sent any more ---------------------------------------------------------------------------------------


def test_of_links_that_took_each_others_place_the_last_is_sent() -> None:
    carol = invite()
    for _again in range(2):
        assert renew_invitation(actor=OPERATOR, user=carol, now=timezone.now())
    assert send_due_mails() == 1
    (key,) = KEY.findall(str(mail.outbox[0].body))
    assert Client().get(f"/accounts/invitation/{key}/").status_code == 302
    assert not OutboxEntry.objects.exists()


def test_a_reset_is_not_sent_to_an_address_that_was_changed(alice: User) -> None:
    ask_reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        send_due_mails()
    change_user(actor=OPERATOR, user_id=alice.pk, email="other@example.com", now=timezone.now())
    with time_machine.travel(timezone.now() + PAUSES[0]):
        assert send_due_mails() == 1
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["alice@example.com"], "Your e-mail address was changed")
    ]


def test_whoever_was_deactivated_meanwhile_is_mailed_nothing(alice: User) -> None:
    set_password(actor=OPERATOR, user=alice, password=CHOSEN, now=timezone.now())
    ask_reset()
    deactivate_user(actor=OPERATOR, user_id=alice.pk, now=timezone.now())
    assert send_due_mails() == 0
    assert not OutboxEntry.objects.exists()


def test_a_reset_that_nobody_answered_for_an_hour_is_not_answered(alice: User) -> None:
    ask_reset()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert send_due_mails() == 0
    assert (OutboxEntry.objects.count(), PasswordReset.objects.count()) == (0, 0)


# --- Once ------------------------------------------------------------------------------------------------------------


def test_who_comes_too_late_finds_a_reset_answered(alice: User) -> None:
    ask_reset()
    stored = OutboxEntry.objects.get()
    for _process in range(2):
        deliver(stored, timezone.now())
    assert PasswordReset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_processes_at_once_send_each_mail_once(alice: User) -> None:
    for number in range(5):
        invite(f"c{number}")
    ask_reset()
    with threads() as start:
        results = outcomes(start, *[send_due_mails] * 4)
    assert sum(results) == len(mail.outbox) == 6
    assert not OutboxEntry.objects.exists()


# --- What it says ----------------------------------------------------------------------------------------------------


def test_a_mail_is_in_the_language_of_who_reads_it_not_of_who_acted(alice: User, bob: User) -> None:
    reads_german(alice)
    people = {user.username: user for user in User.objects.all()}
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")
    with second_language():
        change_user(actor=OPERATOR, user_id=people["alice"].pk, email="other@example.com", now=timezone.now())
        with translation.override("de"):
            change_user(actor=OPERATOR, user_id=bob.pk, email="bobby@example.com", now=timezone.now())
        assert send_due_mails() == 2
    assert subjects() == [f"{TRANSLATED}Your e-mail address was changed", "Your e-mail address was changed"]


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(minutes=50)])
def test_a_link_says_until_when_it_works_however_late_it_comes(alice: User, delay: timedelta) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Paris")
    with time_machine.travel(NOW, tick=False) as clock:
        ask_reset()
        invite()
        clock.shift(delay)
        send_due_mails()
    bodies = " ".join(str(message.body) for message in mail.outbox)
    assert "The link works once, until 29 Nov 2026, 14:00 Europe/Paris (29 Nov 2026, 13:00 UTC)." in bodies
    assert "The link works once, until 6 Dec 2026, 12:00 UTC." in bodies


def test_a_mail_to_an_address_that_no_mail_program_can_write_holds_up_no_other(
    alice: User, log_lines: list[str]
) -> None:
    # Django's rules for addresses let it pass, and the standard for names of hosts does not.
    User.objects.filter(pk=alice.pk).update(email="alice@xn--é.example")
    set_password(actor=OPERATOR, user=User.objects.get(pk=alice.pk), password=CHOSEN, now=timezone.now())
    invite()
    assert send_due_mails() == 1
    assert [line for line in log_lines if "a mail about accounts could not be sent" in line]
    assert str(OutboxEntry.objects.get()) == "letter"
