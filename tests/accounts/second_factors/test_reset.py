"""An administrator takes all factors of a person away, and who has any."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.people.directory import with_second_factor
from accounts.second_factors.authenticator_app import accepts_app_code
from accounts.second_factors.factors import has_second_factor, remove_all, remove_factor
from tests.factories import UserFactory
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, give_password, signed_in
from tests.second_factors import (
    TOTP,
    app_of,
    factor,
    passkey_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return give_password(alice)


# Who has one


def test_people_with_a_second_factor_can_be_told_apart(alice: User, bob: User) -> None:
    app_of(alice)
    passkey_of(bob)
    UserFactory.create(username="carol")
    people: Any = with_second_factor(User.objects.order_by("username"))
    assert list(people.values_list("username", "has_second_factor")) == [
        ("alice", True),
        ("bob", True),
        ("carol", False),
    ]
    assert has_second_factor(bob)


def test_an_administrator_lets_a_locked_out_person_in_by_removing_everything(alice: User) -> None:
    app_of(alice)
    passkey_of(alice)
    mail.outbox.clear()
    assert remove_all(actor=OPERATOR, user=alice, now=timezone.now()) == 2
    assert not has_second_factor(alice)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.details) == ("factor:reset", {"types": ["totp", "webauthn"]})
    assert [letter.subject for letter in mail.outbox] == ["Your second factors were removed"]
    response = Client().post(LOGIN_URL, {"login": "alice", "password": "correct horse battery staple"})
    assert response.headers["Location"] == AFTER_SIGN_IN


def test_a_factor_that_was_removed_meanwhile_takes_nothing_and_is_not_removed_again(alice: User) -> None:
    app, _codes = app_of(alice)
    gone = factor(alice, TOTP)
    now = timezone.now()
    assert remove_factor(actor=OPERATOR, user=alice, factor_id=gone.pk, now=now)
    assert not accepts_app_code(gone, app.code())
    assert not remove_factor(actor=OPERATOR, user=alice, factor_id=gone.pk, now=now)


def test_of_the_last_factor_alone_the_mail_says_that_it_was_the_last(alice: User) -> None:
    app_of(alice)
    key = passkey_of(alice)
    mail.outbox.clear()
    remove_factor(actor=OPERATOR, user=alice, factor_id=key.stored_as, now=timezone.now())
    assert "It was your last second factor" not in str(mail.outbox[0].body)


def test_t45_the_sessions_of_a_person_end_with_the_reset_of_their_factors(alice: User) -> None:
    app_of(alice)
    stolen = signed_in(alice, by_factor=True)
    remove_all(actor=OPERATOR, user=alice, now=timezone.now())
    assert stolen.get(AFTER_SIGN_IN).headers["Location"].startswith(LOGIN_URL)


def test_where_there_is_nothing_to_remove_nothing_is_recorded(alice: User) -> None:
    assert remove_all(actor=OPERATOR, user=alice, now=timezone.now()) == 0
    assert not AuditEvent.objects.filter(action="factor:reset").exists()
