"""What an administrator changes of people and System Users."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, EmailChange, Invitation, User
from accounts.people.changes import change_user
from accounts.people.creation import create_user
from tests.command_line import nothing_stored
from tests.factories import UserFactory, invitation_link, waiting_link


def changed(user: User, **values: Any) -> list[str]:
    return change_user(actor=OPERATOR, user_id=user.pk, now=timezone.now(), **values)


def test_what_changed_is_stored_and_recorded_without_names(alice: User) -> None:
    assert changed(alice, name="Alice Example", email="alice@example.com") == ["name", "email"]
    alice.refresh_from_db()
    assert (alice.name, alice.email) == ("Alice Example", "alice@example.com")
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id) == ("user:update", str(alice.pk))
    assert event.details == {"changed": ["name", "email"]}


def test_what_stays_the_same_is_not_recorded(alice: User) -> None:
    assert changed(alice, name=alice.name, groups=[]) == []
    assert not AuditEvent.objects.exists()


def test_groups_are_recorded_from_what_to_what(alice: User) -> None:
    alice.groups.add(Group.objects.create(name="Old"))
    assert changed(alice, groups=[Group.objects.create(name="New")]) == ["groups"]
    assert AuditEvent.objects.get().details == {
        "changed": ["groups"],
        "before": {"groups": ["Old"]},
        "after": {"groups": ["New"]},
    }


def test_a_new_address_ends_the_links_mailed_before_and_tells_the_old_one(
    alice: User, mailoutbox: list[EmailMessage]
) -> None:
    changed(alice, email="old@example.com")
    assert mailoutbox == []
    waiting_link(alice)
    invitation_link(alice)
    changed(alice, email="new@example.com")
    assert not EmailChange.objects.exists()
    assert not Invitation.objects.exists()
    assert [mail.to for mail in mailoutbox] == [["old@example.com"]]
    assert "An administrator changed the e-mail address of the account alice" in str(mailoutbox[0].body)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"email": "BOB@example.com"}, "Another user has this e-mail"),
        ({"email": "bob"}, "valid email"),
        ({"name": "Alice\u202e"}, "invisible"),
    ],
)
def test_a_bad_change_is_refused_in_words(alice: User, values: dict[str, str], message: str) -> None:
    UserFactory.create(username="bob", email="bob@example.com")
    with nothing_stored(), pytest.raises(ValidationError, match=message):
        changed(alice, **values)


def test_peo1_the_user_name_of_a_person_stays(alice: User) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match="stays as it is"):
        changed(alice, username="alison")


def test_peo1_a_system_user_is_renamed_and_the_old_name_is_never_used_again(db: None) -> None:
    robot = UserFactory.create(username="robot", system=True)
    assert changed(robot, username="machine") == ["username"]
    assert User.objects.get().username == "machine"
    with nothing_stored(), pytest.raises(ValidationError, match="was used before"):
        create_user(actor=OPERATOR, now=timezone.now(), username="ROBOT")
    with nothing_stored(), pytest.raises(ValidationError, match="was used before"):
        changed(robot, username="robot")


def test_a_system_user_can_be_written_in_other_letters(db: None) -> None:
    robot = UserFactory.create(username="robot", system=True)
    changed(robot, username="Robot")
    changed(robot, username="robot")
    assert User.objects.get().username == "robot"


def test_the_deleted_are_not_changed(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now())
    with pytest.raises(User.DoesNotExist):
        changed(alice, name="Alice")
