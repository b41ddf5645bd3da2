"""Which passwords are taken, and how they are hashed (T52, after NIST SP 800-63B-4)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.passwords.hashers import LONGEST_PASSWORD
from tests.pages import AFTER_SIGN_IN, CONFIRM_URL, LOGIN_URL, signed_in

ALICE = {"username": "alice", "name": "Alice Liddell", "email": "alice.liddell@wonderland.example"}
GUESSABLE = "This password is easy to guess: it is common, or repeats a pattern. Use more words."


def refusals(password: str) -> list[str]:
    try:
        validate_password(password, User(**ALICE))
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "x7#Gk2!pQ9vLm4z",
        "9f2c4d8a1b3e5f70",
        "seven swans on a frozen lake",
        "zażółć gęślą jaźń",
        "パスワードは長いほうがよい文です",
        "🦊🐢🦜🐙 four animals",
        "password of my grandmother",
        "alice would never guess it",
        "donaudampfschifffahrt",
        "a" * 8 + " rather long tale " * 56,
    ],
)
def test_t52_what_is_long_is_taken_of_whatever_it_is_made(password: str) -> None:
    assert refusals(password) == []


@pytest.mark.parametrize("length", [64, 128, LONGEST_PASSWORD])
def test_t52_long_passwords_are_taken_and_verified_to_the_last_character(length: int) -> None:
    password = "".join(chr(ord("a") + number * number % 23) for number in range(length))
    assert refusals(password) == []
    encoded = make_password(password)
    assert check_password(password, encoded)
    assert not check_password(password[:-1], encoded)
    assert not check_password(password[:-1] + "!", encoded)


def test_t52_fourteen_characters_are_too_few() -> None:
    assert refusals("x7#Gk2!pQ9vLm4") == ["This password is too short. It must contain at least 15 characters."]


def test_t52_beyond_all_reason_is_refused_before_it_is_work() -> None:
    assert refusals("ab" * LONGEST_PASSWORD) == ["Use at most 1024 characters."]


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password Password",
        "P@ssw0rdP@ssw0rd",
        "password1234567",
        "!!!!!password!!!!!",
        "Dragon 2026 dragon 2026",
        "iloveyou iloveyou",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "abcdefghijklmnopqrstuvwxyz",
        "123456789012345",
        "1234567890123456",
        "qwertyuiopasdfghjkl",
        "poiuytrewq 987654321",
        "\uff50assword\uff50assword",  # Full-width letters are the same once normalised.
    ],
)
def test_t52_what_is_guessed_first_is_refused_however_it_is_padded(password: str) -> None:
    assert refusals(password) == [GUESSABLE]


@pytest.mark.parametrize(
    "password",
    [
        "referencetokens",
        "Reference Tokens 1",
        "enrt_enrt_enrt_enrt",
        "acmekeys acmekeys 1",
        "tokens.acme.example",
        "alice alice alice 2",
        "alicealicealice",
        "alice.liddell 123",
        "AliceLiddell2026",
        "wonderlandexample",
    ],
)
def test_t52_the_words_of_this_place_and_person_are_refused(settings: Settings, password: str) -> None:
    settings.PRODUCT_NAME, settings.BASE_URL = "Acme Keys", "https://tokens.acme.example"
    assert GUESSABLE in refusals(password)


def test_t52_without_a_person_their_words_are_not_known() -> None:
    assert GUESSABLE in refusals("liddell liddell 1")
    validate_password("liddell liddell 1")


def test_t52_the_rules_are_told_in_words() -> None:
    assert len(password_validators_help_texts()) == 4


# --- One spelling of what was typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("set_as", "typed"), [("caf\u00e9 au lait, deux", "cafe\u0301 au lait, deux"), ("ﬁ", "fi")])
def test_t52_a_password_is_the_same_on_every_keyboard(set_as: str, typed: str) -> None:
    assert check_password(typed, make_password(set_as))
    assert check_password(set_as, make_password(typed))


def test_t52_spaces_at_the_ends_and_case_count() -> None:
    encoded = make_password(" Correct horse ")
    assert not [typed for typed in ("Correct horse", " correct horse ") if check_password(typed, encoded)]


def test_t52_passwords_are_hashed_by_argon2id() -> None:
    assert make_password("x").startswith("argon2_nfkc$argon2id$")


def test_t52_what_is_longer_than_any_password_is_not_normalised() -> None:
    # Marks in the wrong order, whose sorting would take minutes.
    assert not check_password("a" + "\u0315\u0300" * 100_000, make_password("x"))


@pytest.fixture
def alice(alice: User) -> User:
    """Her password was hashed as plain Argon2id."""
    alice.password = Argon2PasswordHasher().encode("cafe\u0301 au lait, deux", "0123456789abcdef")
    alice.save()
    return alice


@pytest.mark.django_db
def test_t52_an_older_hash_is_verified_as_it_was_made_and_replaced_at_sign_in(client: Client, alice: User) -> None:
    assert not alice.check_password("caf\u00e9 au lait, deux")
    answer: Any = client.post(LOGIN_URL, {"login": "alice", "password": "cafe\u0301 au lait, deux"})
    assert answer.headers["Location"] == AFTER_SIGN_IN
    assert client.get("/profile/").status_code == 200
    alice.refresh_from_db()
    assert alice.password.startswith("argon2_nfkc$")
    assert alice.check_password("caf\u00e9 au lait, deux")


@pytest.mark.django_db
def test_t52_a_hash_of_less_work_is_replaced_at_sign_in(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.set_password("seven swans on a frozen lake")
    alice.save()
    before = alice.password
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 2)
    client.post(LOGIN_URL, {"login": "alice", "password": "seven swans on a frozen lake"})
    alice.refresh_from_db()
    assert (",t=1," in before, ",t=2," in alice.password) == (True, True)


@pytest.mark.django_db
def test_t52_confirming_with_a_hash_that_is_replaced_does_not_sign_out(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    answer: Any = client.post(CONFIRM_URL, {"password": "cafe\u0301 au lait, deux"})
    assert answer.headers["Location"] == AFTER_SIGN_IN
    assert client.get("/profile/").status_code == 200
    alice.refresh_from_db()
    assert alice.password.startswith("argon2_nfkc$")
