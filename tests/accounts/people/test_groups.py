"""Groups: named, with people and System Users in them, each change recorded."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.forms.versions import ChangedMeanwhile, Opened, version_of
from accounts.models import AuditEvent, User
from accounts.people.changes import change_user
from accounts.people.groups import (
    add_member,
    add_members,
    change_group,
    create_group,
    delete_group,
    group_state,
    remove_member,
    rename_group,
    save_checked_group,
)
from tests.command_line import nothing_stored
from tests.concurrency import PATIENCE, is_waiting, outcomes, threads, uncommitted
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def created(name: str = "Data") -> Group:
    return create_group(actor=OPERATOR, name=name, now=timezone.now())


def add(group: Group, user: User) -> bool:
    return add_member(actor=OPERATOR, group_id=group.pk, user=user, now=timezone.now())


def rename(group: Group, name: str) -> bool:
    return rename_group(actor=OPERATOR, group_id=group.pk, name=name, now=timezone.now())


def recorded() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


@pytest.mark.parametrize("name", ["", "x" * 151, "Da\u202eta", "Data"])
def test_a_name_that_is_taken_or_no_plain_text_is_refused(name: str) -> None:
    group = created()
    with nothing_stored(), pytest.raises(ValidationError) as caught:
        created(name)
    assert list(caught.value.message_dict) == ["name"]
    if name != "Data":
        with pytest.raises(ValidationError):
            rename(group, name)


def test_a_group_is_renamed_once() -> None:
    group = created()
    assert [rename(group, "Analysis"), rename(group, "Analysis")] == [True, False]
    assert Group.objects.get().name == "Analysis"
    assert AuditEvent.objects.get(action="group:rename").details == {"before": "Data", "after": "Analysis"}


def test_people_and_system_users_are_in_it_once(alice: User) -> None:
    group, robot = created(), UserFactory.create(system=True)
    assert [add(group, alice), add(group, alice), add(group, robot)] == [True, False, True]
    assert set(User.objects.filter(groups=group)) == {alice, robot}
    assert recorded() == ["group:create", "group:add_member", "group:add_member"]
    assert AuditEvent.objects.get(seq=2).details == {"name": "Data", "member": str(alice.pk)}


def test_a_member_is_taken_out_once(alice: User) -> None:
    group = created()
    add(group, alice)
    removed = [remove_member(actor=OPERATOR, group_id=group.pk, user=alice, now=timezone.now()) for _again in range(2)]
    assert removed == [True, False]
    assert not alice.groups.exists()


def test_a_group_is_given_other_members_all_or_none(alice: User, bob: User) -> None:
    now = timezone.now()
    group = create_group(actor=OPERATOR, name="Data", now=now, members=[alice, alice])
    assert add_members(actor=OPERATOR, group_id=group.pk, users=[alice, bob], now=now) == [bob]
    with pytest.raises(ValidationError):
        change_group(actor=OPERATOR, group_id=group.pk, now=now, name="", members=[])
    assert set(group.users.all()) == {alice, bob}
    change_group(actor=OPERATOR, group_id=group.pk, now=now, members=[bob])
    assert set(group.users.all()) == {bob}
    assert recorded() == ["group:create", "group:add_member", "group:add_member", "group:remove_member"]


def test_edit1_a_group_whose_members_have_changed_since_is_not_deleted(alice: User) -> None:
    group = created()
    opened = Opened(version_of(group_state(group)))
    add(group, alice)
    for act in (delete_group, change_group):
        with pytest.raises(ChangedMeanwhile):
            act(actor=OPERATOR, group_id=group.pk, now=timezone.now(), opened=opened)


def test_a_group_is_deleted_once_and_the_record_keeps_who_was_in_it(alice: User) -> None:
    group = created()
    add(group, alice)
    deleted = [delete_group(actor=OPERATOR, group_id=group.pk, now=timezone.now()) for _again in range(2)]
    assert deleted == [True, False]
    assert User.objects.filter(pk=alice.pk).exists()
    assert AuditEvent.objects.get(action="group:delete").details == {"name": "Data", "members": [str(alice.pk)]}


def put_into(group: Group, user: User) -> None:
    """As the form of a user does."""
    change_user(actor=OPERATOR, user_id=user.pk, groups=[group], now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_many1_a_deletion_waits_for_who_is_being_put_into_the_group_and_then_does_nothing(
    alice: User, bob: User
) -> None:
    group = created()
    add(group, alice)
    shown = fingerprint([alice.pk])
    with threads() as start:
        with uncommitted(start, lambda: put_into(group, bob)):
            deleting = start(lambda: delete_group(actor=OPERATOR, group_id=group.pk, now=timezone.now(), shown=shown))
            assert is_waiting(deleting)
        with pytest.raises(SetChanged):
            deleting.result(PATIENCE)
    assert set(User.objects.filter(groups=group)) == {alice, bob}


@pytest.mark.django_db(transaction=True)
def test_whoever_is_put_into_a_group_that_is_being_deleted_is_left_without_it(bob: User) -> None:
    group = created()
    with threads() as start:
        with uncommitted(start, lambda: delete_group(actor=OPERATOR, group_id=group.pk, now=timezone.now())):
            putting = start(lambda: put_into(group, bob))
            assert is_waiting(putting)
        putting.result(PATIENCE)
    assert not bob.groups.exists()


def test_nothing_is_done_to_a_group_that_is_gone(alice: User) -> None:
    group = created()
    delete_group(actor=OPERATOR, group_id=group.pk, now=timezone.now())
    assert not add(group, alice)
    assert not rename(group, "Other")


def test_a_name_that_was_taken_since_it_was_checked_is_refused_in_words() -> None:
    created()
    with pytest.raises(ValidationError, match="Another group has this name"):
        save_checked_group(Group(name="Data"))


@pytest.mark.django_db(transaction=True)
def test_two_groups_of_one_name_at_once_are_one() -> None:
    with threads() as start:
        results = outcomes(start, *[created] * 3)
    assert sorted(type(result).__name__ for result in results) == ["Group", "ValidationError", "ValidationError"]
