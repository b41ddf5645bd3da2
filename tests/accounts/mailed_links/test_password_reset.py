"""Somebody forgot their password: the link by mail, and no word about who is known here (T49, T50)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.mailed_links.links import link_digest
from accounts.mailed_links.password_reset import reset_password, send_link
from accounts.models import AuditEvent, OutboxEntry, PasswordReset, User
from accounts.outbox.delivery import PAUSES, send_due_mails
from tests.calls_made import calls_made
from tests.factories import UserFactory, reset_link
from tests.introspection import Statements
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, errors_of, form_of, give_password, signed_in, text_of

pytestmark = pytest.mark.django_db

ASK, SENT, FORM = "/accounts/password/reset/", "/accounts/password/reset/sent/", "/accounts/password/reset/new/"
LINK = re.compile(r"http://localhost:8000(/accounts/password/reset/[^/\s]{43}/)\n")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EMAIL = "Alice@example.com"
CHOSEN = "seven swans on a frozen lake"


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email=EMAIL)
    return give_password(User.objects.get(pk=alice.pk))


def ask(login: str = "alice", client: Client | None = None) -> Any:
    return (client or Client()).post(ASK, {"login": login})


def links() -> list[str]:
    """The paths of the links in the mails, oldest first."""
    return [str(LINK.search(str(one.body))[1]) for one in mail.outbox if LINK.search(str(one.body))]  # type: ignore[index]


def test_a_person_has_five_live_links_at_most_and_the_first_still_opens(alice: User, client: Client) -> None:
    for number in range(7):
        send_link(login="alice", address=f"192.0.2.{number}", now=timezone.now())
    assert PasswordReset.objects.count() == len(links()) == 5
    assert finish(client, links()[0]).headers["Location"] == LOGIN_URL


def finish(client: Client, address: str, password: str = CHOSEN) -> Any:
    page = client.get(address, follow=True)
    return client.post(FORM, form_of(page, FORM) | {"new_password": password}) if page.status_code == 200 else page


@pytest.mark.parametrize("login", ["alice", "ALICE", EMAIL, EMAIL.lower()])
def test_who_forgot_their_password_chooses_another_by_mail_and_signs_in(
    alice: User, client: Client, login: str
) -> None:
    response = ask(login, client)
    assert (response.status_code, response.headers["Location"]) == (302, SENT)
    assert "If the account exists, we sent a mail to its e-mail address." in text_of(client.get(SENT))
    (address,) = links()
    response = finish(client, address)
    assert response.headers["Location"] == LOGIN_URL
    assert "Your password is set. Sign in with it." in text_of(client.get(LOGIN_URL))
    # It signs nobody in: a second factor is still asked for.
    assert client.get("/profile/").status_code == 302
    signed = client.post(LOGIN_URL, {"login": login, "password": CHOSEN})
    assert signed.headers["Location"] == AFTER_SIGN_IN


def test_t45_every_session_ends(alice: User, client: Client) -> None:
    others = [signed_in(alice), signed_in(alice)]
    ask()
    finish(client, links()[0])
    assert {other.get("/profile/").status_code for other in others} == {302}


def test_nothing_changes_until_the_link_is_used(alice: User, client: Client) -> None:
    session = signed_in(alice)
    ask()
    client.get(links()[0], follow=True)
    assert session.get("/profile/").status_code == 200
    assert User.objects.get(pk=alice.pk).password == alice.password


def test_the_link_goes_to_the_address_of_the_account_and_says_whose_it_is(alice: User) -> None:
    ask()
    (sent,) = mail.outbox
    assert (sent.subject, sent.recipients()) == ("Choose a new password", [EMAIL])
    assert "alice" in sent.body


def test_the_link_works_once_and_takes_every_other_one_with_it(alice: User, client: Client) -> None:
    ask()
    ask()
    first, second = links()
    assert finish(client, first).status_code == 302
    for address in (first, second):
        response = client.get(address)
        assert response.status_code == 404
        assert "This link is not valid" in text_of(response)
        # It may be the one that they have just chosen a password by.
        assert "If you have chosen a new password, sign in with it." in text_of(response)


def test_whoever_asks_for_somebody_does_not_take_their_link_from_them(alice: User, client: Client) -> None:
    for _number in range(7):
        ask()
    assert len(links()) == 5
    assert finish(client, links()[0]).status_code == 302


def test_two_who_send_the_form_at_once_are_not_both_served(alice: User) -> None:
    given: dict[str, Any] = {"user": alice, "digest": link_digest(reset_link(alice)), "address": None}
    assert reset_password(password=CHOSEN, now=timezone.now(), **given)
    assert not reset_password(password="another one that is long", now=timezone.now(), **given)
    assert User.objects.get(pk=alice.pk).check_password(CHOSEN)


def test_the_page_says_so_where_the_link_died_while_the_form_was_sent(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(f"{ASK}{reset_link(alice)}/")
    monkeypatch.setattr("accounts.passwords.forms.validate_password", lambda *_: PasswordReset.objects.all().delete())
    assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404


def test_the_link_lives_for_an_hour(alice: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ask()
        clock.shift(timedelta(minutes=59, seconds=59))
        assert client.get(links()[0], follow=True).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404
        assert client.get(links()[0]).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"email": "new@example.com"}, {"is_active": False}, {"deleted_at": NOW}, {"kind": "SYSTEM", "password": "!"}],
)
def test_the_link_dies_with_the_address_and_with_the_account(
    alice: User, client: Client, change: dict[str, Any]
) -> None:
    ask()
    client.get(links()[0])
    User.objects.filter(pk=alice.pk).update(**change)
    assert client.get(links()[0]).status_code == 404
    assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404


def test_the_key_is_stored_nowhere_and_leaves_the_address(alice: User, client: Client) -> None:
    ask()
    key = links()[0].split("/")[-2]
    response = client.get(links()[0])
    assert (response.headers["Location"], response.headers["Referrer-Policy"]) == (FORM, "same-origin")
    assert bytes(PasswordReset.objects.get().digest) == link_digest(key)
    assert key not in str(list(client.session.items())) + client.get(FORM).content.decode()


def test_t49_the_link_starts_with_the_configured_origin(alice: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    Client(headers=headers).post(ASK, {"login": "alice"})
    assert "evil.example" not in str(mail.outbox[0].message())
    assert links()


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("", "Enter a new password."),
        (
            "alicealicealice",
            "This password is easy to guess: it is common, or repeats a pattern. Use more words.",
        ),
    ],
)
def test_what_cannot_be_taken_is_asked_for_again(alice: User, client: Client, password: str, error: str) -> None:
    ask()
    response = finish(client, links()[0], password)
    assert response.status_code == 422
    assert error in errors_of(response)
    assert finish(client, links()[0]).status_code == 302


def test_a_form_left_empty_says_what_to_enter(client: Client) -> None:
    response = client.post(ASK, {})
    assert (response.status_code, errors_of(response)) == (422, ["Enter your user name or your e-mail address."])


# --- Nobody learns who is known here (T50) ---------------------------------------------------------------------------


def nobody_to_send_to(traits: dict[str, Any]) -> str:
    user = UserFactory.create(**{"username": "carol", "email": "carol@example.com"} | traits)
    if not traits.get("system"):
        give_password(user)
    return user.username


NOBODY: list[dict[str, Any]] = [{"is_active": False}, {"system": True}, {"email": ""}, {"deleted_at": NOW}]


@pytest.mark.parametrize("traits", NOBODY)
def test_peo1_no_link_goes_to_who_may_not_sign_in(traits: dict[str, Any]) -> None:
    ask(nobody_to_send_to(traits))
    assert (mail.outbox, PasswordReset.objects.count()) == ([], 0)


@pytest.mark.parametrize("login", ["nobody", "nobody@example.com", "no name", "a\u0131ice"])
def test_t50_an_unknown_name_is_answered_like_a_known_one(alice: User, login: str) -> None:
    known, unknown = Client(), Client()
    first, second = ask("alice", known), ask(login, unknown)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert text_of(known.get(SENT)) == text_of(unknown.get(SENT))
    assert len(mail.outbox) == 1


@pytest.mark.mails_wait
def test_t50_the_work_of_the_request_is_the_same_for_anybody(alice: User) -> None:
    found: list[object] = []
    for login in [
        "alice",
        EMAIL,
        "nobody",
        *(
            nobody_to_send_to(traits | {"username": f"x{number}", "email": f"x{number}@example.com"})
            for number, traits in enumerate(NOBODY)
        ),
    ]:
        # An address of its own: how often somebody may ask is not what is measured.
        client = Client(REMOTE_ADDR=f"192.0.2.{len(found)}")
        with Statements() as statements:
            ask(login, client)
        told = [re.sub(r"'[^']*'|[0-9]+", "?", sql) for sql in statements.sql]
        found.append((told, calls_made(partial(ask, login, client))))
    assert found == [found[0]] * len(found)
    waiting: list[Any] = list(OutboxEntry.objects.values_list("kind", "user", "link"))
    assert set(waiting) == {("password_reset", None, None)}
    assert not PasswordReset.objects.exists()


def test_who_signs_in_without_a_password_is_told_so_and_gets_none(alice: User) -> None:
    carol = UserFactory.create(username="carol", email="carol@example.com")
    SocialAccount.objects.create(user=carol, provider="https://login.example", uid="1")
    ask("carol")
    assert (mail.outbox[0].subject, links(), PasswordReset.objects.count()) == ("Your account has no password", [], 0)


def test_aud1_asking_and_choosing_are_recorded_and_a_name_of_nobody_is_not(alice: User, client: Client) -> None:
    ask("nobody")
    ask("my secret password")
    assert not AuditEvent.objects.exists()
    ask()
    finish(client, links()[0])
    found = AuditEvent.objects.order_by("seq").values_list("action", "actor_type", "target_id", "address")
    assert list(found) == [
        ("user:ask_password_reset", "anonymous", str(alice.pk), "127.0.0.1"),
        ("user:reset_password", "user", str(alice.pk), "127.0.0.1"),
    ]


@pytest.mark.mails_wait
def test_t50_the_mail_is_made_and_sent_behind_the_request(alice: User) -> None:
    ask()
    assert (links(), PasswordReset.objects.count()) == ([], 0)
    assert send_due_mails() == 1
    assert (len(links()), OutboxEntry.objects.count()) == (1, 0)


@pytest.mark.mails_wait
def test_what_fails_behind_the_request_is_logged_and_done_later(
    alice: User, settings: Settings, log_lines: list[str]
) -> None:
    alice.set_unusable_password()
    alice.save()
    ask()
    cache = settings.CACHES
    # The counter of the mails cannot be reached.
    nobody = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {"default": nobody}
    assert send_due_mails() == 0
    assert [line for line in log_lines if "a mail about accounts could not be sent; it will be tried again" in line]
    settings.CACHES = cache
    with time_machine.travel(timezone.now() + PAUSES[0]):
        assert send_due_mails() == 1
    assert [message.subject for message in mail.outbox] == ["Your account has no password"]
