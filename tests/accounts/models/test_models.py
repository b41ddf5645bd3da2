from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, AuditHead, AuditMark, AuditStream, EmailChange, Invitation, PasswordReset, User
from tests.factories import PASSWORD, UserFactory


def insert(**columns: object) -> None:
    """Insert a user past every check of ours, so that only the database can refuse."""
    with transaction.atomic():
        User.objects.bulk_create([UserFactory.build(**columns)])


def test_peo1_database_refuses_a_system_user_who_is_administrator(db: None) -> None:
    with pytest.raises(IntegrityError, match="user_system_user_is_no_administrator"):
        insert(kind="SYSTEM", is_administrator=True)


def test_peo1_database_refuses_a_system_user_with_a_password(db: None) -> None:
    with pytest.raises(IntegrityError, match="user_system_user_has_no_password"):
        insert(kind="SYSTEM", password="argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA")


def test_peo1_database_refuses_a_system_user_without_the_mark_of_no_password(db: None) -> None:
    with pytest.raises(IntegrityError, match="user_system_user_has_no_password"):
        insert(kind="SYSTEM", password="")


def test_peo1_database_refuses_to_promote_a_system_user(db: None) -> None:
    robot = UserFactory.create(system=True)
    with pytest.raises(IntegrityError, match="user_system_user_is_no_administrator"), transaction.atomic():
        User.objects.filter(pk=robot.pk).update(is_administrator=True)


def test_peo1_database_refuses_a_username_that_differs_in_case_alone(alice: User) -> None:
    with pytest.raises(IntegrityError, match="user_username_unique_without_case"):
        insert(username="ALICE")


@pytest.mark.parametrize("username", ["", "a b", "alice\n", "\nalice", "a\nb", "ålice", "a/b", "a'b", "alice\u200b"])
def test_peo1_database_refuses_a_username_of_other_characters(db: None, username: str) -> None:
    with pytest.raises(IntegrityError, match="user_username_characters"):
        insert(username=username)


def test_database_refuses_a_kind_that_is_neither(db: None) -> None:
    with pytest.raises(IntegrityError, match="user_kind_known"):
        insert(kind="ROBOT")


def test_database_refuses_an_email_that_differs_in_case_alone(db: None) -> None:
    insert(email="alice@example.com")
    with pytest.raises(IntegrityError, match="user_email_unique_without_case"):
        insert(email="Alice@Example.COM")


def test_many_users_may_have_no_email(db: None) -> None:
    insert(email="")
    insert(email="")
    assert User.objects.filter(email="").count() == 2


def test_user_without_a_kind_is_a_person_without_rights(db: None) -> None:
    user = User.objects.create(username="carol", password="!")
    user.refresh_from_db()
    assert (user.is_person, user.is_active, user.is_administrator) == (True, True, False)


def test_system_user_is_no_person(db: None) -> None:
    assert not UserFactory.create(system=True).is_person


@pytest.mark.parametrize("username", ["alice", "ALICE", "aLiCe"])
def test_natural_key_is_found_in_any_case(alice: User, username: str) -> None:
    assert User.objects.get_by_natural_key(username) == alice


@pytest.mark.parametrize(
    "username", ["alic", "alice ", "al%", "al_ce", "", None, "al\u0131ce", "alice\0", "alice\udcff", "alice\n"]
)
def test_natural_key_finds_nobody_by_another_name(alice: User, username: str | None) -> None:
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(username)


def test_password_is_stored_as_argon2id(alice: User) -> None:
    alice.set_password(PASSWORD)
    assert alice.password.startswith("argon2_nfkc$argon2id$")
    assert alice.check_password(PASSWORD)


def test_user_is_shown_by_name_and_without_one_by_username() -> None:
    assert User(username="alice", name="Alice Example").display_name == "Alice Example"
    assert User(username="alice").display_name == "alice"


def test_user_and_records_have_a_short_text() -> None:
    assert str(User(username="alice")) == "alice"
    assert str(AuditEvent(seq=7, action="user:create")) == "7 user:create"
    assert str(AuditHead(seq=7)) == "7"
    assert str(AuditMark(name="signed", seq=7)) == "signed 7"
    assert str(AuditStream(sent_through=7)) == "7"
    alice = User(username="alice")
    assert {str(link(user=alice)) for link in (EmailChange, Invitation, PasswordReset)} == {str(alice.pk)}


def test_database_refuses_a_second_head_of_the_audit_chain(db: None) -> None:
    with pytest.raises(IntegrityError, match="audit_head_is_one_row"), transaction.atomic():
        AuditHead.objects.create(id=2, seq=0, hash=bytes(32))
