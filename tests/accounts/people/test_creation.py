from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from accounts.people.creation import create_user, person_called, save_user
from reference_tokens.token_values.token_format import generate
from tests.command_line import nothing_stored
from tests.concurrency import outcomes, threads
from tests.factories import PASSWORD, UserFactory


def created(**values: Any) -> User:
    return create_user(**{"actor": OPERATOR, "now": timezone.now(), "username": "carol", **values})


def test_created_person_can_sign_in_with_the_password(db: None) -> None:
    user = created(name="Carol Example", email="carol@example.com", password=PASSWORD)
    stored = User.objects.get()
    assert stored == user
    assert stored.check_password(PASSWORD)


def test_created_user_keeps_what_was_given(db: None) -> None:
    created(name="Carol Example", email="carol@example.com", is_administrator=True)
    user = User.objects.get()
    assert (user.username, user.name, user.email) == ("carol", "Carol Example", "carol@example.com")
    assert (user.is_administrator, user.is_person) == (True, True)


def test_created_user_is_in_the_groups_from_the_start(db: None) -> None:
    user = created(groups=[Group.objects.create(name=name) for name in ("B", "A")])
    assert set(user.groups.values_list("name", flat=True)) == {"A", "B"}
    assert AuditEvent.objects.get().details["groups"] == ["A", "B"]


def test_txt1_an_address_that_is_none_or_holds_a_token_is_refused(db: None) -> None:
    for email in ("no address", f"{generate()}@example.com"):
        with pytest.raises(ValidationError) as refused:
            created(email=email)
        assert "email" in refused.value.message_dict
    assert not User.objects.exists()


def test_created_person_without_a_password_cannot_sign_in(db: None) -> None:
    created()
    user = User.objects.get()
    assert not user.has_usable_password()
    assert not user.check_password("")


def test_peo1_system_user_has_no_usable_password(db: None) -> None:
    assert not created(is_system=True).has_usable_password()
    assert not User.objects.get().is_person


def test_peo1_system_user_with_a_password_is_refused(db: None) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match="cannot have a password"):
        created(is_system=True, password=PASSWORD)


def test_peo1_system_user_who_is_administrator_is_refused(db: None) -> None:
    with nothing_stored(), pytest.raises(ValidationError, match="cannot be an administrator"):
        created(is_system=True, is_administrator=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"username": "ALICE"}, "user name is taken"),
        ({"username": "carol\n"}, "letters from A to Z"),
        ({"username": ""}, "cannot be blank"),
        ({"username": "c" * 151}, "at most 150"),
        ({"name": "Carol\u202e"}, "invisible"),
        ({"name": "c" * 151}, "at most 150"),
        ({"email": "carol"}, "valid email"),
        ({"email": "ALICE@example.com"}, "Another user has this e-mail"),
    ],
)
def test_bad_value_is_refused_in_words(alice: User, values: dict[str, str], message: str) -> None:
    alice.email = "alice@example.com"
    alice.save()
    with nothing_stored(), pytest.raises(ValidationError, match=message):
        created(**values)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("", id="empty"),
        pytest.param("fourteen chars", id="14 characters"),
        pytest.param("123456789123456789", id="digits that many people use"),
        pytest.param("carolinaexamples", id="like the full name"),
        pytest.param("carol.in.the.house@example.com", id="the e-mail address"),
    ],
)
def test_t52_weak_password_is_refused(db: None, password: str) -> None:
    with nothing_stored(), pytest.raises(ValidationError):
        created(name="Carolina Examples", email="carol.in.the.house@example.com", password=password)


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("sixteen letters!", id="16 characters"),
        pytest.param("long and plain, " * 8, id="128 characters"),
        pytest.param("  lead, trail  and Ünïcödé 🚀  ", id="spaces and Unicode"),
        pytest.param("only small letters here", id="no composition rule"),
    ],
)
def test_t52_long_password_of_any_characters_is_taken_whole(db: None, password: str) -> None:
    user = created(password=password)
    assert user.check_password(password)
    assert not user.check_password(password[:-1])


def test_aud1_creating_a_user_is_recorded_with_who_did_it(administrator: User) -> None:
    user = created(actor=Actor.person(administrator, Source.MANAGE, address="192.0.2.7"))
    event = AuditEvent.objects.get()
    assert (event.action, event.target_type, event.target_id) == ("user:create", "user", str(user.pk))
    assert (event.source, event.actor_type, event.actor_id) == ("manage", "user", str(administrator.pk))
    assert event.details == {"kind": "PERSON", "is_administrator": False}


def test_somebody_is_called_by_name_or_address_in_any_case(db: None) -> None:
    carol = created(email="Carol@Example.com")
    assert {person_called(login) for login in ("carol", "CAROL", "carol@example.com", "CAROL@EXAMPLE.COM")} == {carol}


def test_an_address_belongs_to_who_has_it_and_not_to_who_is_named_like_it(db: None) -> None:
    named = created(username="carol@example.com")
    assert person_called("carol@example.com") == named
    holder = UserFactory.create(email="carol@example.com")
    assert person_called("Carol@example.com") == holder


@pytest.mark.parametrize("login", ["", "\0", "car\0ol", "no name", "nobody", "caro\u0131"])
def test_nobody_is_called_by_what_is_no_name(db: None, login: str) -> None:
    created()
    created(username="caroi")
    assert person_called(login) is None


def test_a_name_that_was_taken_since_it_was_checked_is_refused_in_words(alice: User) -> None:
    with pytest.raises(ValidationError, match="has just taken this user name"):
        save_user(User(username="Alice"), force_insert=True)


def test_somebody_who_takes_the_name_at_the_same_moment_is_refused_in_words(transactional_db: None) -> None:
    with threads() as start:
        results = outcomes(start, *[created] * 3)
    assert sorted(type(result).__name__ for result in results) == ["User", "ValidationError", "ValidationError"]
    assert AuditEvent.objects.count() == 1
