"""Profile → Security → Password: changing it, and what that ends (T45, T52)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.passwords.setting import set_password
from tests.factories import PASSWORD, invitation_link, reset_link
from tests.pages import CONFIRM_URL, LOGIN_URL, errors_of, form_of, give_password, next_of, signed_in, text_of

pytestmark = pytest.mark.django_db

PAGE = "/profile/security/password/"
CHOSEN = "seven swans on a frozen lake"


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(User.objects.get(pk=alice.pk))


def change(client: Client, password: str = PASSWORD, new: str = CHOSEN) -> Any:
    return client.post(PAGE, form_of(client.get(PAGE), PAGE) | {"password": password, "new_password": new})


def has_password(user: User, password: str) -> bool:
    user.refresh_from_db()
    return user.check_password(password)


def test_a_person_changes_their_password(alice: User) -> None:
    client = signed_in(alice)
    response = change(client)
    assert (response.status_code, response.headers["Location"]) == (302, PAGE)
    assert "Your password was changed, and your other sessions were ended." in text_of(client.get(PAGE))
    assert has_password(alice, CHOSEN)


def test_t45_the_other_sessions_end_and_this_one_goes_on_under_another_id(alice: User, bob: User) -> None:
    client, other, strangers = signed_in(alice), signed_in(alice), signed_in(bob)
    before = client.cookies["session"].value
    change(client)
    assert client.cookies["session"].value != before
    assert client.get("/profile/").status_code == 200
    thief = Client()
    thief.cookies["session"] = before
    assert {thief.get("/profile/").status_code, other.get("/profile/").status_code} == {302}
    assert strangers.get("/profile/").status_code == 200
    assert "1 session" in text_of(client.get("/profile/devices/"))


def test_the_person_is_told_by_mail(alice: User) -> None:
    change(signed_in(alice))
    (told,) = mail.outbox
    assert (told.subject, told.recipients()) == ("Your password was changed", ["alice@example.com"])
    assert "http://localhost:8000/accounts/password/reset/" in told.body
    assert CHOSEN not in str(told.message())


def test_who_signed_in_without_a_password_is_told_by_mail_of_the_first(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")
    signed_in(bob).post(PAGE, {"new_password": CHOSEN})
    assert [(one.subject, one.to) for one in mail.outbox] == [("Your password was changed", ["bob@example.com"])]


def test_who_has_no_address_is_not_mailed(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="")
    change(signed_in(alice))
    assert (mail.outbox, has_password(alice, CHOSEN)) == ([], True)


def test_every_mailed_link_dies_with_the_old_password(alice: User, client: Client) -> None:
    addresses = [f"/accounts/password/reset/{reset_link(alice)}/", f"/accounts/invitation/{invitation_link(alice)}/"]
    assert {client.get(address).status_code for address in addresses} == {302}
    change(signed_in(alice))
    assert {client.get(address).status_code for address in addresses} == {404}


@pytest.mark.parametrize(
    ("password", "new", "errors"),
    [
        ("", "", ["Enter your current password.", "Enter a new password."]),
        ("wrong", CHOSEN, ["This is not your current password."]),
        (PASSWORD, PASSWORD, ["This is already your password. Enter another one."]),
        (PASSWORD, "too short", ["This password is too short. It must contain at least 15 characters."]),
        (PASSWORD, "ab" * 513, ["Use at most 1024 characters."]),
    ],
)
def test_t52_what_cannot_be_taken_changes_nothing_and_does_not_come_back(
    alice: User, password: str, new: str, errors: list[str]
) -> None:
    client, other = signed_in(alice), signed_in(alice)
    response = change(client, password, new)
    assert (response.status_code, errors_of(response)) == (422, errors)
    assert form_of(response, PAGE)["password"] == form_of(response, PAGE)["new_password"] == [""]
    assert has_password(alice, PASSWORD)
    assert other.get("/profile/").status_code == 200


def test_t52_both_fields_can_be_pasted_into_and_filled_by_a_password_manager(alice: User) -> None:
    content = signed_in(alice).get(PAGE).content.decode()
    assert 'autocomplete="current-password"' in content
    assert 'autocomplete="new-password"' in content
    assert 'name="username" value="alice"' in content
    assert not [word for word in ("onpaste", 'maxlength="15', "pattern=") if word in content]


def test_asvs_6_2_3_the_current_password_is_asked_for_however_recent_the_sign_in_is(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    assert change(client).status_code == 302
    assert client.post(PAGE, {"new_password": "another one that is long"}).status_code == 422


def test_t46_who_has_no_password_sets_one_once_they_confirmed_who_they_are(bob: User) -> None:
    client = signed_in(bob, confirmed=False)
    response = client.post(PAGE, {"new_password": CHOSEN})
    assert response.headers["Location"].startswith(CONFIRM_URL)
    # Nothing of a password goes into an address.
    assert next_of(response) == PAGE
    client = signed_in(bob)
    assert "You have no password" in text_of(client.get(PAGE))
    assert client.post(PAGE, {"new_password": CHOSEN}).headers["Location"] == PAGE
    assert has_password(bob, CHOSEN)


def test_peo1_a_person_who_was_deactivated_meanwhile_gets_none(alice: User) -> None:
    client = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.post(PAGE, {"password": PASSWORD, "new_password": CHOSEN}).headers["Location"].startswith(LOGIN_URL)
    assert has_password(alice, PASSWORD)


@pytest.mark.parametrize("trait", [{"is_active": False}, {"kind": "SYSTEM", "password": "!"}])
def test_peo1_nor_by_any_other_door(alice: User, trait: dict[str, Any]) -> None:
    User.objects.filter(pk=alice.pk).update(**trait)
    assert not set_password(actor=OPERATOR, user=alice, password=CHOSEN, now=timezone.now())
    assert not has_password(alice, CHOSEN)


def test_aud1_the_change_is_recorded_without_the_password(alice: User) -> None:
    signed_in(alice)
    change(signed_in(alice))
    actions = dict(AuditEvent.objects.order_by("seq").values_list("action", "details"))
    assert actions == {"session:end": {"sessions": 1}, "user:change_password": {"sessions_ended": 1}}
