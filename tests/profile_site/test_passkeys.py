"""Adding a passkey and naming it (T49, T53)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.pages import AFTER_SIGN_IN, errors_of, form_of, signed_in, text_of
from tests.profile_site.factor_setup import actions, add
from tests.second_factors import (
    LIST_URL,
    PASSKEY,
    PASSKEY_URL,
    TOTP,
    app_of,
    codes_of,
    factor,
    options_of,
    passkey_of,
    sign_in_with,
)
from tests.soft_key import PRESENT, SoftKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return alice


@pytest.fixture
def page_client(alice: User) -> Client:
    return signed_in(alice, by_factor=True)


# Passkeys


def test_a_passkey_is_added_with_a_name_and_signs_in(alice: User, page_client: Client) -> None:
    key = SoftKey()
    response = add(page_client, key)
    assert "Passkey added" in text_of(response)
    assert len(codes_of(response)) == 10
    words = text_of(page_client.get(LIST_URL))
    assert "Laptop Signs in without a password" in words
    assert actions() == ["factor:add"]
    assert sign_in_with(key).headers["Location"] == AFTER_SIGN_IN


def test_a_plain_security_key_is_a_second_factor_only(page_client: Client) -> None:
    add(page_client, SoftKey(flags=PRESENT, is_discoverable=False), name="Blue key")
    assert "Signs in without a password" not in text_of(page_client.get(LIST_URL))


def test_recovery_codes_come_with_the_first_factor_alone(alice: User, page_client: Client) -> None:
    app_of(alice)
    response = add(page_client, SoftKey())
    assert response.headers["Location"] == LIST_URL
    assert "Passkey added" in text_of(page_client.get(LIST_URL))


def test_the_browser_is_asked_for_none_that_is_there_already(alice: User, page_client: Client) -> None:
    key = passkey_of(alice)
    options = options_of(page_client.get(PASSKEY_URL))["publicKey"]
    assert len(options["excludeCredentials"]) == 1
    assert options["rp"] == {"id": "localhost", "name": "Reference Tokens"}
    assert key.shown({"publicKey": options})["id"] == options["excludeCredentials"][0]["id"]


def test_the_name_of_the_browser_is_proposed(alice: User) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert "Firefox on Linux" in str(form_of(signed_in(alice).get(PASSKEY_URL, headers={"User-Agent": agent}))["name"])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Give the passkey a name."),
        ("a\u202eb", "Remove the invisible characters."),
        ("x" * 61, "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_t63_a_passkey_has_a_readable_name(page_client: Client, name: str, error: str) -> None:
    response = add(page_client, SoftKey(), name=name)
    assert (response.status_code, errors_of(response)) == (422, [error])
    assert actions() == []


@pytest.mark.parametrize("origin", ["http://sub.localhost:8000", "https://localhost:8000", "http://evil.example"])
def test_t49_a_passkey_made_on_another_site_is_refused(page_client: Client, origin: str) -> None:
    response = add(page_client, SoftKey(origin=origin))
    assert errors_of(response) == ["This passkey was not accepted. Try again, or use another way."]


@pytest.mark.parametrize("answer", ["x", "{}", "null", '{"id": "AA", "rawId": "AA", "response": {}}'])
def test_t34_what_is_no_passkey_is_refused(page_client: Client, answer: str) -> None:
    page_client.get(PASSKEY_URL)
    assert page_client.post(PASSKEY_URL, {"name": "x", "credential": answer}).status_code == 422


def test_an_answer_to_no_question_is_refused(alice: User, page_client: Client) -> None:
    answer = SoftKey().created(options_of(signed_in(alice).get(PASSKEY_URL)))
    response = page_client.post(PASSKEY_URL, {"name": "x", "credential": json.dumps(answer)})
    assert response.status_code == 422


def test_t15_there_are_twenty_passkeys_at_most(alice: User, page_client: Client) -> None:
    for _number in range(20):
        passkey_of(alice)
    assert "You have the maximum number. Remove one first." in text_of(page_client.get(LIST_URL))
    assert add(page_client, SoftKey()).headers["Location"] == LIST_URL
    assert "the maximum number of passkeys" in text_of(page_client.get(LIST_URL))


def test_a_passkey_is_renamed(alice: User, page_client: Client) -> None:
    address = f"{LIST_URL}{passkey_of(alice, name='Old').stored_as}/rename/"
    assert form_of(page_client.get(address))["name"] == ["Old"]
    assert page_client.post(address, {"name": "New <b>"}).headers["Location"] == LIST_URL
    assert "The passkey was renamed to New <b>." in text_of(page_client.get(LIST_URL))
    page_client.post(address, {"name": "New <b>"})
    assert actions() == ["factor:add", "factor:rename"]


def test_an_app_has_no_name_to_change(alice: User, page_client: Client) -> None:
    app_of(alice)
    assert page_client.get(f"{LIST_URL}{factor(alice, TOTP).pk}/rename/").status_code == 404


def test_a_passkey_that_was_removed_meanwhile_is_not_renamed(
    alice: User, page_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = passkey_of(alice)

    def another_is_quicker(form: Any) -> bool:
        factor(alice, PASSKEY).delete()
        form.full_clean()
        return True

    monkeypatch.setattr("profile_site.factor_setup.PasskeyNameForm.is_valid", another_is_quicker)
    assert page_client.post(f"{LIST_URL}{key.stored_as}/rename/", {"name": "New"}).status_code == 404
