"""An administrator lets in a person who has lost their second factors."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.second_factors.factors import factors_of
from tests.factories import UserFactory
from tests.pages import HTMX, text_of
from tests.second_factors import app_of, passkey_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

LIST = "/manage/security/users/"


def reset_of(user: User) -> str:
    return f"{LIST}{user.pk}/reset-second-factors/"


@pytest.fixture
def alice(db: None) -> User:
    """Somebody with an authenticator app and a passkey."""
    user = UserFactory.create(username="alice", email="alice@example.com")
    app_of(user)
    passkey_of(user)
    return user


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_changes_nothing(alice: User, administrator_client: Client, headers: Any) -> None:
    words = text_of(administrator_client.get(reset_of(alice), headers=headers))
    assert "Reset the second factors of Alice (alice)?" in words
    assert "Make sure that the request comes from them" in words
    assert factors_of(alice).exists()


def test_all_of_them_are_removed_once_and_the_person_is_told(
    alice: User, administrator: User, administrator_client: Client, mailoutbox: list[EmailMessage]
) -> None:
    mailoutbox.clear()
    said = [text_of(administrator_client.post(reset_of(alice), follow=True)) for _again in range(2)]
    assert "The second factors of Alice (alice) were removed." in said[0]
    assert "Alice (alice) has no second factor." in said[1]
    assert not factors_of(alice).exists()
    event = AuditEvent.objects.get(action="factor:reset")
    assert (event.actor_id, event.target_id) == (str(administrator.pk), str(alice.pk))
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        (["alice@example.com"], "Your second factors were removed")
    ]


def test_the_button_stands_only_where_there_is_something_to_reset(
    alice: User, administrator: User, administrator_client: Client
) -> None:
    assert reset_of(alice) in administrator_client.get(f"{LIST}{alice.pk}/").content.decode()
    assert reset_of(administrator) not in administrator_client.get(f"{LIST}{administrator.pk}/").content.decode()


def test_a_system_user_has_none(administrator_client: Client) -> None:
    assert administrator_client.get(reset_of(UserFactory.create(system=True))).status_code == 404
