"""TOK-11, T64: whoever is deleted is forgotten, and their user name and id are never anybody else's."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, EmailChange, FormerUsername, Invitation, PasswordReset, User
from accounts.people.changes import change_user
from accounts.people.creation import create_user
from accounts.people.deactivation import reactivate_user
from accounts.people.deletion import anonymise_person
from accounts.people.former_usernames import refuse_former_username, retire_username, username_digest
from accounts.sessions.devices import devices_of
from tests.command_line import nothing_stored
from tests.concurrency import PATIENCE, is_waiting, threads, uncommitted
from tests.factories import UserFactory, invitation_link, reset_link, waiting_link
from tests.pages import give_password, signed_in

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def carol() -> User:
    """Somebody of whom everything is known that can be."""
    user = UserFactory.create(username="Carol", name="Carol Example", email="carol@example.com", time_zone="Asia/Tokyo")
    give_password(user)
    user.groups.add(Group.objects.create(name="Data"))
    waiting_link(user)
    invitation_link(user)
    reset_link(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    SocialAccount.objects.create(user=user, provider="https://id.example.com", uid="carol-1")
    return user


def deleted(user: User) -> User:
    assert anonymise_person(actor=OPERATOR, user_id=user.pk, now=NOON)
    return User.objects.get(pk=user.pk)


def test_t64_nothing_that_tells_who_it_was_is_left(carol: User) -> None:
    client = signed_in(carol)
    left = deleted(carol)
    assert client.get("/profile/").status_code == 302
    columns = json.dumps({field.name: str(getattr(left, field.name)) for field in User._meta.fields})
    assert "carol" not in columns.lower()
    assert (left.name, left.email, left.time_zone, left.last_login) == ("", "", "UTC", None)
    assert (left.is_active, left.is_administrator, left.deleted_at) == (False, False, NOON)
    assert left.display_name == "Deleted user"
    assert not left.has_usable_password()
    assert not left.groups.exists()
    for of_a_person in (EmailChange, Invitation, PasswordReset, Authenticator, SocialAccount):
        assert not of_a_person.objects.filter(user=left).exists()
    assert devices_of(left, current_key="", now=timezone.now()) == []
    entries = json.dumps(list(AuditEvent.objects.values_list("action", "details", "target_id")))
    assert "user:delete" in entries
    assert "carol" not in entries.lower()


def test_t64_the_id_stays_and_the_record_points_to_it(carol: User) -> None:
    before = AuditEvent.objects.count()
    left = deleted(carol)
    assert left.pk == carol.pk
    assert AuditEvent.objects.filter(target_id=str(carol.pk), action="user:delete").count() == 1
    assert AuditEvent.objects.count() > before


@pytest.mark.parametrize("username", ["Carol", "carol", "CAROL"])
def test_t64_the_user_name_of_somebody_deleted_is_given_to_nobody(carol: User, username: str) -> None:
    deleted(carol)
    with nothing_stored(), pytest.raises(ValidationError, match="was used before"):
        create_user(actor=OPERATOR, username=username, now=NOON)
    assert create_user(actor=OPERATOR, username="carol2", now=NOON).pk != carol.pk


def test_t64_the_e_mail_address_can_be_used_again(carol: User) -> None:
    deleted(carol)
    assert create_user(actor=OPERATOR, username="carla", email="carol@example.com", now=NOON)


def test_a_former_user_name_is_stored_as_a_digest_once() -> None:
    retire_username("Carol")
    retire_username("carol")
    [stored] = FormerUsername.objects.all()
    assert bytes(stored.digest) == username_digest("CAROL")
    assert b"carol" not in bytes(stored.digest)
    assert str(stored) == username_digest("carol").hex()


def test_deleting_twice_is_one_deletion(carol: User) -> None:
    deleted(carol)
    assert not anonymise_person(actor=OPERATOR, user_id=carol.pk, now=timezone.now())
    assert AuditEvent.objects.filter(action="user:delete").count() == 1


def test_the_deleted_do_not_come_back(carol: User) -> None:
    deleted(carol)
    assert not reactivate_user(actor=OPERATOR, user_id=carol.pk, now=NOON)
    with pytest.raises(User.DoesNotExist):
        change_user(actor=OPERATOR, user_id=carol.pk, name="Carol", now=NOON)


def test_a_system_user_is_not_deleted() -> None:
    robot = UserFactory.create(system=True)
    with pytest.raises(ValueError, match="deactivated, not deleted"):
        anonymise_person(actor=OPERATOR, user_id=robot.pk, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_t64_whoever_takes_the_name_while_it_is_being_given_up_is_refused() -> None:
    carol = UserFactory.create(username="carol")
    # Checked before the deletion is committed, as a form does it; stored after it.
    with threads() as start:
        with uncommitted(start, lambda: deleted(carol)):
            creating = start(lambda: create_unchecked("carol"))
            assert is_waiting(creating)
        with pytest.raises(ValidationError, match="was used before"):
            creating.result(PATIENCE)


def create_unchecked(username: str) -> User:
    """What `create_user` does once it has checked the name against those that are taken."""
    with transaction.atomic():
        user = UserFactory.create(username=username)
        refuse_former_username(username)
    return user
