"""Making and unmaking administrators in the Instance Manager."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from tests.factories import UserFactory
from tests.pages import HTMX, LOGIN_URL, give_password, signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/manage/security/users/"


def make_of(user: User) -> str:
    return f"{LIST}{user.pk}/make-administrator/"


def unmake_of(user: User) -> str:
    return f"{LIST}{user.pk}/unmake-administrator/"


@pytest.fixture
def other() -> User:
    return give_password(UserFactory.create(username="olga", administrator=True))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_changes_nothing(alice: User, other: User, administrator_client: Client, headers: Any) -> None:
    words = text_of(administrator_client.get(make_of(alice), headers=headers))
    assert "Make Alice (alice) an administrator?" in words
    assert "Their sessions end" in words
    words = text_of(administrator_client.get(unmake_of(other), headers=headers))
    assert "Remove administrator rights from Olga (olga)?" in words
    assert not AuditEvent.objects.exists()


def test_a_person_is_made_an_administrator_and_unmade_once_each(
    alice: User, other: User, administrator: User, administrator_client: Client
) -> None:
    session = signed_in(alice)
    response = administrator_client.post(make_of(alice), follow=True)
    assert "Alice (alice) is now an administrator." in text_of(response)
    assert session.get("/profile/").status_code == 302
    assert "Alice (alice) was not changed." in text_of(administrator_client.post(make_of(alice), follow=True))
    session = signed_in(alice)
    assert session.get("/manage/").status_code == 200
    for _again in range(2):
        response = administrator_client.post(unmake_of(alice), follow=True)
        assert "Alice (alice) is no longer an administrator." in text_of(response)
    assert session.get("/manage/").headers["Location"].startswith(LOGIN_URL)
    actions = AuditEvent.objects.filter(target_id=str(alice.pk)).order_by("seq").values_list("action", "actor_id")
    ada = str(administrator.pk)
    assert [row for row in actions if row[0].startswith("user:")] == [
        ("user:make_administrator", ada),
        ("user:unmake_administrator", ada),
    ]


def test_htmx_is_led_to_the_page_of_the_user(alice: User, administrator_client: Client) -> None:
    response = administrator_client.post(make_of(alice), headers=HTMX)
    assert response.headers["HX-Redirect"] == f"{LIST}{alice.pk}/"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_peo2_the_last_administrator_is_refused_in_words(
    administrator: User, administrator_client: Client, headers: Any
) -> None:
    response = administrator_client.post(unmake_of(administrator), headers=headers)
    assert response.status_code == 422
    assert "This is the last administrator who can sign in." in text_of(response)
    administrator.refresh_from_db()
    assert administrator.is_administrator


def test_t45_who_gives_up_their_own_rights_is_signed_out(
    administrator: User, administrator_client: Client, other: User
) -> None:
    words = text_of(administrator_client.get(unmake_of(administrator)))
    assert "Remove your administrator rights?" in words
    assert "all your sessions end" in words
    response = administrator_client.post(unmake_of(administrator), follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN_URL)
    assert "Ada (ada) is no longer an administrator." in text_of(response)
    assert "_auth_user_id" not in administrator_client.session


def test_peo1_a_system_user_has_no_such_page(administrator_client: Client) -> None:
    robot = UserFactory.create(system=True)
    for address in (make_of(robot), unmake_of(robot)):
        assert administrator_client.get(address).status_code == 404
        assert administrator_client.post(address).status_code == 404
