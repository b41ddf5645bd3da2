"""The sessions of a user in the hands of an administrator."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import AuditEvent, User
from tests.factories import another_device
from tests.pages import HTMX, LOGIN_URL, signed_in, text_of

pytestmark = pytest.mark.django_db

LIST = "/manage/security/users/"


def end_all_of(user: User) -> str:
    return f"{LIST}{user.pk}/devices/end-all/"


def end_of(user: User, session: UserSession) -> str:
    return f"{LIST}{user.pk}/devices/{session.pk}/end/"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_ends_nothing(alice: User, administrator_client: Client, headers: Any) -> None:
    session = another_device(alice)
    words = text_of(administrator_client.get(end_of(alice, session), headers=headers))
    assert "End this session?" in words
    assert "192.0.2.7" in words
    assert "End all sessions of Alice (alice)?" in text_of(administrator_client.get(end_all_of(alice), headers=headers))
    assert UserSession.objects.filter(user=alice).exists()


def test_one_session_is_ended_and_the_others_stay(
    alice: User, administrator: User, administrator_client: Client
) -> None:
    session, other = another_device(alice), signed_in(alice)
    response = administrator_client.post(end_of(alice, session), follow=True)
    assert "The session was ended: " in text_of(response)
    assert other.get("/profile/").status_code == 200
    assert not UserSession.objects.filter(pk=session.pk).exists()
    event = AuditEvent.objects.get(action="session:end")
    assert (event.actor_id, event.target_id) == (str(administrator.pk), str(alice.pk))
    assert administrator_client.post(end_of(alice, session)).status_code == 404


def test_all_sessions_are_ended(alice: User, administrator_client: Client) -> None:
    another_device(alice)
    other = signed_in(alice)
    response = administrator_client.post(end_all_of(alice), headers=HTMX)
    assert response.headers["HX-Redirect"] == f"{LIST}{alice.pk}/"
    assert "All sessions of Alice (alice) were ended." in text_of(administrator_client.get(f"{LIST}{alice.pk}/"))
    assert other.get("/profile/").headers["Location"].startswith(LOGIN_URL)


def test_t10_a_session_of_somebody_else_is_404(alice: User, bob: User, administrator_client: Client) -> None:
    session = another_device(bob)
    assert administrator_client.get(end_of(alice, session)).status_code == 404
    assert administrator_client.post(end_of(alice, session)).status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


@pytest.mark.parametrize("everywhere", [True, False])
def test_an_administrator_who_ends_their_own_session_is_signed_out(
    administrator: User, administrator_client: Client, everywhere: bool
) -> None:
    own = UserSession.objects.get(user=administrator)
    address = end_all_of(administrator) if everywhere else end_of(administrator, own)
    response = administrator_client.post(address, follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN_URL)
    assert "_auth_user_id" not in administrator_client.session
