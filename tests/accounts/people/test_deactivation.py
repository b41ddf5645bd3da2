"""TOK-11, T45: an account that is closed for a while, and opened again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.people.deactivation import deactivate_user, reactivate_user
from accounts.sessions.devices import devices_of
from tests.factories import PASSWORD, UserFactory
from tests.pages import LOGIN_URL, give_password, signed_in

pytestmark = pytest.mark.django_db


def deactivate(user: User) -> bool:
    return deactivate_user(actor=OPERATOR, user_id=user.pk, now=timezone.now())


def reactivate(user: User) -> bool:
    return reactivate_user(actor=OPERATOR, user_id=user.pk, now=timezone.now())


def test_t45_a_session_of_somebody_deactivated_is_dead_and_stays_dead(alice: User) -> None:
    client = signed_in(alice)
    assert client.get("/profile/").status_code == 200
    assert deactivate(alice)
    assert client.get("/profile/").headers["Location"].startswith(LOGIN_URL)
    assert devices_of(alice, current_key="", now=timezone.now()) == []
    assert reactivate(alice)
    assert client.get("/profile/").headers["Location"].startswith(LOGIN_URL)


def test_somebody_deactivated_cannot_sign_in_until_reactivated(client: Client, alice: User) -> None:
    give_password(alice)
    sent = {"login": "alice", "password": PASSWORD}
    deactivate(alice)
    assert client.post(LOGIN_URL, sent).status_code == 200
    reactivate(alice)
    assert client.post(LOGIN_URL, sent).status_code == 302


def test_each_is_done_and_recorded_once(alice: User) -> None:
    assert not reactivate(alice)
    assert [deactivate(alice), deactivate(alice)] == [True, False]
    assert [reactivate(alice), reactivate(alice)] == [True, False]
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions == ["user:deactivate", "user:reactivate"]


def test_a_system_user_is_deactivated_and_reactivated_too() -> None:
    robot = UserFactory.create(system=True)
    assert deactivate(robot)
    assert reactivate(robot)
