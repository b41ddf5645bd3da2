"""PEO-2, T45: who administers the instance, and that somebody always can."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from accounts.people.administrators import LastAdministrator, make_administrator, remove_administrator_rights
from accounts.people.deactivation import deactivate_user
from accounts.people.deletion import anonymise_person
from tests.concurrency import outcomes, threads
from tests.factories import UserFactory
from tests.pages import give_password, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def other() -> User:
    """Another administrator, who can sign in."""
    return give_password(UserFactory.create(username="olga", administrator=True))


Act = Callable[..., bool]


def make(user: User) -> bool:
    return make_administrator(actor=OPERATOR, user_id=user.pk, now=timezone.now())


def unmake(user: User) -> bool:
    return remove_administrator_rights(actor=OPERATOR, user_id=user.pk, now=timezone.now())


def test_a_person_becomes_an_administrator_once(administrator: User, alice: User) -> None:
    actor = Actor.person(administrator, Source.MANAGE)
    assert make_administrator(actor=actor, user_id=alice.pk, now=timezone.now())
    assert not make_administrator(actor=actor, user_id=alice.pk, now=timezone.now())
    alice.refresh_from_db()
    assert alice.is_administrator
    event = AuditEvent.objects.get(action="user:make_administrator")
    assert (event.actor_id, event.target_id) == (str(administrator.pk), str(alice.pk))


def test_an_administrator_becomes_a_person_once(administrator: User, other: User) -> None:
    assert unmake(administrator)
    assert not unmake(administrator)
    administrator.refresh_from_db()
    assert not administrator.is_administrator
    assert AuditEvent.objects.filter(action="user:unmake_administrator").count() == 1


def test_peo1_a_system_user_becomes_no_administrator() -> None:
    with pytest.raises(User.DoesNotExist):
        make(UserFactory.create(system=True))


def test_somebody_inactive_becomes_no_administrator() -> None:
    assert not make(UserFactory.create(inactive=True))


@pytest.mark.parametrize("act", [make, unmake])
def test_t45_a_session_does_not_outlive_a_change_of_rights(other: User, act: Act) -> None:
    person = UserFactory.create(administrator=act is unmake)
    client = signed_in(person)
    assert client.get("/profile/").status_code == 200
    assert act(person)
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize("act", [remove_administrator_rights, deactivate_user, anonymise_person])
def test_peo2_the_last_administrator_stays(administrator: User, act: Act) -> None:
    UserFactory.create(administrator=True, inactive=True)
    # Somebody who was invited and has never come could not help.
    UserFactory.create(administrator=True)
    client = signed_in(administrator)
    with pytest.raises(LastAdministrator, match="the last administrator who can sign in"):
        act(actor=OPERATOR, user_id=administrator.pk, now=timezone.now())
    assert client.get("/manage/").status_code == 200
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("act", [deactivate_user, anonymise_person])
def test_peo2_an_administrator_who_is_not_the_last_can_leave(administrator: User, other: User, act: Act) -> None:
    assert act(actor=OPERATOR, user_id=administrator.pk, now=timezone.now())
    with pytest.raises(LastAdministrator):
        unmake(other)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [remove_administrator_rights, deactivate_user, anonymise_person])
def test_peo2_two_administrators_who_remove_each_other_at_once_leave_one(act: Act) -> None:
    olga, otto = (give_password(UserFactory.create(administrator=True)) for _ in range(2))

    def removes(one: User, another: User) -> bool:
        actor = Actor.person(one, Source.MANAGE)
        return act(actor=actor, user_id=another.pk, now=timezone.now())

    with threads() as start:
        results = outcomes(start, lambda: removes(olga, otto), lambda: removes(otto, olga))
    assert sorted(type(result).__name__ for result in results) == ["LastAdministrator", "bool"]
    assert User.objects.filter(is_administrator=True, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_peo2_two_administrators_who_give_up_their_own_rights_at_once_leave_one() -> None:
    people = [give_password(UserFactory.create(administrator=True)) for _ in range(3)]
    with threads() as start:
        results = outcomes(start, *[lambda person=person: unmake(person) for person in people])
    assert sorted(type(result).__name__ for result in results) == ["LastAdministrator", "bool", "bool"]


def test_nobody_of_an_unknown_id_is_anything() -> None:
    with pytest.raises(User.DoesNotExist):
        remove_administrator_rights(actor=OPERATOR, user_id=uuid.uuid4(), now=timezone.now())


def test_a_person_made_an_administrator_opens_the_instance_manager_after_the_next_sign_in(
    client: Client, alice: User
) -> None:
    make(alice)
    client.force_login(alice)
    assert client.get("/manage/").status_code == 200
