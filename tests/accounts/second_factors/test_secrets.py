"""What of second factors stands in the database can be read by nobody who has only that (T53)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.contrib.sessions.models import Session

from accounts.models import User
from accounts.second_factors.secrets import seal_factor_secret, unseal_factor_secret
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, give_password, signed_in
from tests.second_factors import APP_URL, CODES, STAGE_URL, TOTP, App, app_of, factor, key_of, pending_sign_in

KEYS = ["first secret key, long enough to stand", "second secret key, long enough to stand"]


def test_t53_what_is_sealed_can_be_read_with_the_key_alone(settings: Any) -> None:
    sealed = seal_factor_secret("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert unseal_factor_secret(sealed) == "JBSWY3DPEHPK3PXP"
    assert seal_factor_secret("JBSWY3DPEHPK3PXP") != sealed


def test_t55_after_a_change_of_the_secret_key_the_older_one_still_opens(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[0], []
    sealed = seal_factor_secret("text")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[1], [KEYS[0]]
    assert unseal_factor_secret(sealed) == "text"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        unseal_factor_secret(sealed)


@pytest.mark.django_db
def test_t53_neither_keys_nor_recovery_codes_stand_in_the_table(alice: User) -> None:
    app, codes = app_of(alice)
    stored = json.dumps([factor(alice, TOTP).data, factor(alice, CODES).data])
    assert app.key not in stored
    assert not [code for code in codes if code in stored]
    assert unseal_factor_secret(factor(alice, TOTP).data["secret"]) == app.key


@pytest.mark.django_db
def test_t53_a_key_that_waits_for_its_first_code_is_sealed_in_the_session_too(alice: User) -> None:
    client = signed_in(alice)
    key = key_of(client.get(APP_URL))
    assert key not in str([dict(client.session), *Session.objects.values_list("session_data")])


@pytest.mark.django_db
def test_t53_who_uses_a_key_seals_it_again_under_the_newest_secret_key(alice: User, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[0], []
    app, _codes = app_of(give_password(alice))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEYS[1], [KEYS[0]]
    assert pending_sign_in(alice).post(STAGE_URL, {"code": app.code()}).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal_factor_secret(factor(alice, TOTP).data["secret"]) == app.key


@pytest.mark.django_db
def test_a_factor_that_cannot_be_read_lets_nobody_in_and_the_log_says_why(
    alice: User, settings: Any, log_lines: list[str]
) -> None:
    app, codes = app_of(give_password(alice))
    settings.SECRET_KEY = KEYS[0]
    client = pending_sign_in(alice)
    for code in (app.code(), codes[0]):
        assert client.post(STAGE_URL, {"code": code}).status_code == 422
    assert client.get(AFTER_SIGN_IN).headers["Location"].startswith(LOGIN_URL)
    assert [line for line in log_lines if "SECRET_KEY changed, and SECRET_KEY_FALLBACKS lacks the old one" in line]
    assert App(app.key).code() not in "".join(log_lines)
