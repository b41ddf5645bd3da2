"""Signing in with a passkey: as a second factor, and as both (T49, T50, T53)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from fido2.utils import websafe_encode
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.second_factors.factors import remove_all
from tests.accounts.second_factors.signing_in import failures, is_signed_in
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, errors_of, give_password, signed_in, text_of
from tests.second_factors import (
    CODES,
    PASSKEY_SIGN_IN_URL,
    STAGE_URL,
    app_of,
    factor,
    options_of,
    passkey_of,
    pending_sign_in,
    sign_in_with,
)
from tests.soft_key import PRESENT, SoftKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]


NOT_ACCEPTED = ["This passkey was not accepted. Try again, or use another way."]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return give_password(alice)


# By a passkey, after the password


def test_t53_a_passkey_is_a_second_factor_and_need_not_verify_its_person(alice: User) -> None:
    key = passkey_of(alice, flags=PRESENT)
    client = pending_sign_in(alice)
    page = client.get(STAGE_URL)
    assert "Recovery code" in text_of(page)
    response = client.post(STAGE_URL, {"credential": json.dumps(key.shown(options_of(page)))})
    assert response.headers["Location"] == AFTER_SIGN_IN
    assert is_signed_in(client)


def test_t53_a_passkey_answers_one_question_once(alice: User) -> None:
    key = passkey_of(alice)
    client = pending_sign_in(alice)
    answer = json.dumps(key.shown(options_of(client.get(STAGE_URL))))
    assert client.post(STAGE_URL, {"credential": answer}).status_code == 302
    again = pending_sign_in(alice)
    again.get(STAGE_URL)
    assert errors_of(again.post(STAGE_URL, {"credential": answer})) == NOT_ACCEPTED


def test_t53_somebody_elses_passkey_is_none(alice: User, bob: User) -> None:
    passkey_of(alice)
    key = passkey_of(bob)
    client = pending_sign_in(alice)
    answer = json.dumps(key.shown(options_of(client.get(STAGE_URL))))
    assert errors_of(client.post(STAGE_URL, {"credential": answer})) == NOT_ACCEPTED
    assert not is_signed_in(client)


def test_at_an_address_without_passkeys_a_recovery_code_still_opens(alice: User, settings: Any) -> None:
    passkey_of(alice)
    (code, *_others) = factor(alice, CODES).wrap().generate_codes()
    settings.HAS_PASSKEYS = False
    client = pending_sign_in(alice)
    page = client.get(STAGE_URL)
    assert "data-passkey" not in page.content.decode()
    assert client.post(STAGE_URL, {"credential": "{}"}).status_code == 422
    assert client.post(STAGE_URL, {"code": code}).status_code == 302


# By a passkey alone


def test_a_passkey_alone_signs_in_and_leads_on(alice: User) -> None:
    key = passkey_of(alice)
    response = sign_in_with(key, target="/profile/devices/")
    assert response.headers["Location"] == "/profile/devices/"
    assert is_signed_in(response.client)
    assert response.client.get("/profile/security/tokens/new/").status_code == 200


def test_a_passkey_alone_is_both_factors(alice: User) -> None:
    app_of(alice)
    response = sign_in_with(passkey_of(alice))
    assert response.headers["Location"] == AFTER_SIGN_IN


def refused(response: Any) -> bool:
    """Whether nobody was signed in, and the page says the one thing that it says of every passkey."""
    assert response.headers["Location"].startswith(LOGIN_URL)
    page = response.client.get(response.headers["Location"], follow=True)
    return NOT_ACCEPTED[0] in text_of(page) and not is_signed_in(response.client)


def test_t53_a_passkey_alone_must_have_verified_its_person(alice: User) -> None:
    assert refused(sign_in_with(passkey_of(alice, flags=PRESENT)))


def test_t53_a_question_for_a_second_factor_is_not_answered_where_a_passkey_opens_alone(alice: User, bob: User) -> None:
    stolen = passkey_of(bob, flags=PRESENT)
    passkey_of(alice)
    client = pending_sign_in(alice)
    answer = stolen.shown(options_of(client.get(STAGE_URL)))
    assert refused(client.post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer)}))


@pytest.mark.parametrize("trait", [{"is_active": False}, {"kind": "SYSTEM", "password": "!x"}])
def test_peo1_t50_a_passkey_of_who_may_not_sign_in_is_refused_in_the_same_words(
    alice: User, trait: dict[str, Any]
) -> None:
    key = passkey_of(alice)
    User.objects.filter(pk=alice.pk).update(**trait)
    assert refused(sign_in_with(key))
    assert failures() == [("passkey", "")]


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://sub.localhost:8000"},
        {"origin": "http://localhost:9000"},
        {"origin": "https://localhost:8000"},
        {"crossOrigin": True},
        {"challenge": "AAAA"},
        {"type": "webauthn.create"},
    ],
)
def test_t49_t53_what_was_shown_elsewhere_or_for_another_question_is_refused(
    alice: User, changes: dict[str, Any]
) -> None:
    assert refused(sign_in_with(passkey_of(alice), **changes))


def test_t53_a_passkey_opens_where_browsers_leave_the_port_of_the_scheme_out(alice: User, settings: Settings) -> None:
    settings.BASE_URL, settings.CSRF_TRUSTED_ORIGINS = "https://localhost:443", ["https://localhost"]
    assert is_signed_in(sign_in_with(passkey_of(alice), origin="https://localhost").client)


def test_t49_the_host_header_says_nothing_about_whom_a_passkey_is_for(alice: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "other.example"]
    page = Client().get(PASSKEY_SIGN_IN_URL, headers={"Host": "other.example"})
    assert page.json()["publicKey"]["rpId"] == "localhost"


def test_t53_a_removed_passkey_opens_nothing(alice: User) -> None:
    key = passkey_of(alice)
    remove_all(actor=OPERATOR, user=alice, now=timezone.now())
    assert refused(sign_in_with(key))


def test_t53_a_forged_passkey_opens_nothing(alice: User) -> None:
    key = passkey_of(alice)
    assert refused(sign_in_with(SoftKey(id=key.id, user_handle=key.user_handle)))
    assert refused(sign_in_with(SoftKey(user_handle=key.user_handle)))
    assert refused(sign_in_with(SoftKey(user_handle="bm9ib2R5")))


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x",
        "null",
        "7",
        "[]",
        "{}",
        '"text"',
        deep(8000),
        '{"id": "x", "rawId": "y"}',
        '{"id": "x", "rawId": "x", "type": "public-key", "response": 5}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA"}}',
        "9" * 16_385,
    ],
)
def test_t34_what_is_no_answer_is_refused(alice: User, answer: str) -> None:
    client = Client()
    client.get(PASSKEY_SIGN_IN_URL)
    assert client.post(PASSKEY_SIGN_IN_URL, {"credential": answer}).headers["Location"] == LOGIN_URL
    assert not is_signed_in(client)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", [None, "", "AA", "é", 5, {}, []])
def test_t34_an_answer_with_a_part_that_is_none_is_refused(alice: User, part: str, value: Any) -> None:
    key, client = passkey_of(alice), Client()
    answer = key.shown(client.get(PASSKEY_SIGN_IN_URL).json())
    answer["response"][part] = value
    assert refused(client.post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer)}))


NESTED = 32 * b"h" + b"\x80" + 4 * b"\0" + 8_000 * b"\x81"


@pytest.mark.parametrize(("part", "value"), [("clientDataJSON", 8_000 * b"["), ("authenticatorData", NESTED)])
def test_t34_t35_an_answer_that_is_nested_too_deeply_is_refused(alice: User, part: str, value: bytes) -> None:
    key, client = passkey_of(alice), Client()
    answer = key.shown(client.get(PASSKEY_SIGN_IN_URL).json())
    answer["response"][part] = websafe_encode(value)
    assert refused(client.post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer)}))


def test_an_answer_to_no_question_is_refused(alice: User) -> None:
    key = passkey_of(alice)
    answer = key.shown(Client().get(PASSKEY_SIGN_IN_URL).json())
    assert refused(Client().post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer)}))


def test_t48_a_passkey_leads_to_no_other_place(alice: User) -> None:
    assert sign_in_with(passkey_of(alice), target="//evil.example").headers["Location"] == AFTER_SIGN_IN


def test_t51_showing_passkeys_is_limited_by_address(alice: User) -> None:
    client = Client()
    statuses = [client.get(PASSKEY_SIGN_IN_URL).status_code for _attempt in range(21)]
    assert statuses == [200] * 20 + [429]
    assert client.get(PASSKEY_SIGN_IN_URL, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_t51_whoever_signs_in_by_a_passkey_uses_nothing_up(alice: User) -> None:
    key = passkey_of(alice)
    assert [sign_in_with(key).headers["Location"] for _time in range(25)] == [AFTER_SIGN_IN] * 25
    client = Client()
    assert [client.get(PASSKEY_SIGN_IN_URL).status_code for _attempt in range(21)] == [200] * 20 + [429]


def test_where_no_passkeys_can_be_there_is_no_such_address_and_no_button(alice: User, settings: Any) -> None:
    assert "Sign in with a passkey" in text_of(Client().get(LOGIN_URL))
    settings.HAS_PASSKEYS = False
    assert "passkey" not in Client().get(LOGIN_URL).content.decode()
    assert Client().get(PASSKEY_SIGN_IN_URL).status_code == 404
    client = signed_in(alice)
    for address in ("/accounts/reauthenticate/passkey/", "/profile/security/second-factors/passkeys/new/"):
        assert client.get(address).status_code == 404
    assert "Passkeys" not in text_of(client.get("/profile/security/second-factors/"))
