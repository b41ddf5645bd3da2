"""Signing in with a code of an app or a recovery code as the second factor (T45, T51, T53)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.utils import perform_login
from allauth.core.context import request_context
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.passwords.setting import set_password
from accounts.second_factors.factors import remove_all
from tests.accounts.second_factors.signing_in import failures, is_signed_in
from tests.factories import UserFactory
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, errors_of, give_password, signed_in, text_of
from tests.second_factors import (
    STAGE_URL,
    TOTP,
    app_of,
    factor,
    pending_sign_in,
)

pytestmark = pytest.mark.django_db


ENDED = "This sign-in has ended. Sign in again."
WRONG = ["This code is wrong or has already been used."]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return give_password(alice)


# By a code


def test_t53_the_password_alone_opens_nothing(alice: User) -> None:
    app_of(alice)
    client = pending_sign_in(alice)
    assert not is_signed_in(client)
    assert "_auth_user_id" not in client.session
    assert "You are signing in as alice." in text_of(client.get(STAGE_URL))


def test_t53_a_code_of_the_app_signs_in_and_leads_on(alice: User) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice, target="/profile/devices/")
    response = client.post(STAGE_URL, {"code": f"{app.code()[:3]} {app.code()[3:]}"})
    assert response.headers["Location"] == "/profile/devices/"
    assert is_signed_in(client)
    assert abs(factor(alice, TOTP).last_used_at - timezone.now()) < timedelta(minutes=1)
    assert client.get("/profile/security/tokens/new/").status_code == 200


def test_t53_who_uses_a_recovery_code_is_told_how_many_are_left(alice: User) -> None:
    _app, codes = app_of(alice)
    said = []
    for code in codes:
        client = pending_sign_in(alice)
        response = client.post(STAGE_URL, {"code": code}, follow=True)
        said.append(re.findall(r"You used [^.]+\. [^.]+\.", text_of(response)))
    assert said[0] == ["You used a recovery code. 9 codes are left."]
    assert said[8] == ["You used a recovery code. 1 code is left."]
    assert said[9] == ["You used your last recovery code. Generate new ones under “Second factors”."]


def test_t53_a_code_passes_once(alice: User) -> None:
    app, _codes = app_of(alice)
    code = app.code()
    assert pending_sign_in(alice).post(STAGE_URL, {"code": code}).status_code == 302
    for used in (code, app.code(steps_away=-1)):
        again = pending_sign_in(alice)
        assert errors_of(again.post(STAGE_URL, {"code": used})) == WRONG
        assert not is_signed_in(again)
    assert pending_sign_in(alice).post(STAGE_URL, {"code": app.code(steps_away=1)}).status_code == 302


@pytest.mark.parametrize(("steps_away", "status"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_t53_a_clock_may_be_half_a_minute_off_and_no_more(alice: User, steps_away: int, status: int) -> None:
    app, _codes = app_of(alice)
    with time_machine.travel(timezone.now(), tick=False):
        code = app.code(steps_away=steps_away)
        assert pending_sign_in(alice).post(STAGE_URL, {"code": code}).status_code == status


@pytest.mark.parametrize("code", ["", "000000", "x", "\0", "\uff11\uff12\uff13\uff14\uff15\uff16", "9" * 41])
def test_t53_what_is_no_code_is_refused_and_named_in_no_record(alice: User, code: str) -> None:
    app_of(alice)
    client = pending_sign_in(alice)
    response = client.post(STAGE_URL, {"code": code})
    assert response.status_code == 422
    assert errors_of(response)
    assert not is_signed_in(client)


def test_aud1_a_wrong_code_is_recorded_without_it(alice: User) -> None:
    app_of(alice)
    pending_sign_in(alice).post(STAGE_URL, {"code": "314159"})
    assert failures() == [("code", str(alice.pk))]
    assert "314159" not in str(AuditEvent.objects.values_list("details"))


def test_t53_a_recovery_code_signs_in_once(alice: User) -> None:
    _app, codes = app_of(alice)
    client = pending_sign_in(alice)
    assert client.post(STAGE_URL, {"code": codes[3]}).status_code == 302
    assert "9 of 10 left" in text_of(client.get("/profile/security/second-factors/"))
    assert errors_of(pending_sign_in(alice).post(STAGE_URL, {"code": codes[3]})) == WRONG
    assert pending_sign_in(alice).post(STAGE_URL, {"code": codes[4]}).status_code == 302


def guess(client: Client, times: int, **where: Any) -> Any:
    """Enter wrong codes; returns the last answer."""
    for _attempt in range(times):
        response = client.post(STAGE_URL, {"code": "000000"}, **where)
    return response


def test_t51_whoever_has_the_password_cannot_go_on_guessing_and_the_person_is_told(alice: User) -> None:
    app, codes = app_of(alice)
    client = pending_sign_in(alice)
    assert errors_of(guess(client, 10)) == WRONG
    for code in (app.code(), codes[0]):
        response = client.post(STAGE_URL, {"code": code}, REMOTE_ADDR="192.0.2.9")
        assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
    assert not is_signed_in(client)
    assert len(failures()) == 10
    (letter,) = [letter for letter in mail.outbox if letter.subject == "Wrong codes were entered for your account"]
    assert letter.to == ["alice@example.com"]
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.post(STAGE_URL, {"code": app.code()}).status_code == 302


def test_t51_fifty_wrong_codes_are_enough_for_a_day(alice: User) -> None:
    app_of(alice)
    begin = timezone.now()
    for round_ in range(6):
        with time_machine.travel(begin + timedelta(minutes=6 * round_)):
            assert guess(pending_sign_in(alice), 10).status_code == (422 if round_ < 5 else 429)
    assert len(failures()) == 50


def test_t51_the_limit_is_the_persons_own(alice: User, bob: User) -> None:
    app_of(alice)
    app, _codes = app_of(give_password(bob))
    assert guess(pending_sign_in(alice), 11).status_code == 429
    assert pending_sign_in(bob).post(STAGE_URL, {"code": app.code()}).status_code == 302


def test_t51_right_codes_are_not_counted(alice: User) -> None:
    _app, codes = app_of(alice)
    for code in codes:
        assert pending_sign_in(alice).post(STAGE_URL, {"code": code}).status_code == 302
    assert guess(pending_sign_in(alice), 10).status_code == 422


def test_guessing_at_somebody_without_an_address_is_told_to_nobody(bob: User) -> None:
    app_of(give_password(bob))
    assert guess(pending_sign_in(bob), 11).status_code == 429
    assert mail.outbox == []


@pytest.mark.parametrize("trait", [{"is_active": False}, {"kind": "SYSTEM", "password": "!x"}])
def test_peo1_who_may_no_longer_sign_in_is_stopped_between_the_factors(alice: User, trait: dict[str, Any]) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice)
    User.objects.filter(pk=alice.pk).update(**trait)
    assert client.post(STAGE_URL, {"code": app.code()}).headers["Location"] == LOGIN_URL
    assert "_auth_user_id" not in client.session
    assert client.get(STAGE_URL).headers["Location"] == LOGIN_URL


def test_nobody_is_asked_before_the_first_step_or_after_the_last(client: Client, alice: User) -> None:
    app_of(alice)
    assert client.get(STAGE_URL).headers["Location"] == LOGIN_URL
    assert signed_in(alice).get(STAGE_URL).headers["Location"] == AFTER_SIGN_IN


def test_who_started_as_somebody_else_can_leave_and_begin_again(alice: User) -> None:
    app_of(alice)
    client = pending_sign_in(alice)
    assert client.get(LOGIN_URL).headers["Location"] == STAGE_URL
    assert client.post(STAGE_URL, {"leave": "1"}).headers["Location"] == LOGIN_URL
    assert client.get(LOGIN_URL).status_code == 200


def test_t45_the_session_has_another_id_after_each_step(alice: User) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice)
    before = client.session.session_key
    client.post(STAGE_URL, {"code": app.code()})
    assert client.session.session_key != before
    other = Client()
    other.cookies["session"] = str(before)
    assert not is_signed_in(other)


def test_t45_a_new_password_ends_what_was_begun_with_the_old_one(alice: User) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice)
    set_password(actor=OPERATOR, user=alice, password="quite another long sentence", now=timezone.now())
    assert client.post(STAGE_URL, {"code": app.code()}).headers["Location"] == LOGIN_URL
    assert ENDED in text_of(client.get(LOGIN_URL))
    assert not is_signed_in(client)
    assert client.get(STAGE_URL).headers["Location"] == LOGIN_URL
    assert ENDED not in text_of(client.get(LOGIN_URL))


def test_who_shows_the_second_factor_too_late_is_told_so(alice: User) -> None:
    app_of(alice)
    client = pending_sign_in(alice)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post(STAGE_URL, {"code": "123456"}).headers["Location"] == LOGIN_URL
        assert ENDED in text_of(client.get(LOGIN_URL))


def test_t45_a_new_secret_key_ends_no_sign_in_that_was_begun(alice: User, settings: Any) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-is-long-enough-for-a-test"
    assert client.post(STAGE_URL, {"code": app.code()}).headers["Location"] == AFTER_SIGN_IN


def test_a_factor_that_was_removed_meanwhile_is_not_asked_for_for_ever(alice: User) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice, target="/profile/devices/")
    remove_all(actor=OPERATOR, user=alice, now=timezone.now())
    response = client.post(STAGE_URL, {"code": app.code()})
    assert response.headers["Location"] == f"{LOGIN_URL}?next=%2Fprofile%2Fdevices%2F"
    assert client.post(LOGIN_URL, {"login": "alice", "password": "correct horse battery staple"}).status_code == 302
    assert is_signed_in(client)


# Whatever door


@pytest.mark.parametrize("trait", ["inactive", "system"])
def test_peo1_no_door_begins_a_session_of_who_may_not_sign_in(rf: Any, client: Client, trait: str) -> None:
    request = rf.get("/")
    request.session, request.user = client.session, AnonymousUser()
    with request_context(request):
        response = perform_login(request, UserFactory.create(**{trait: True}))
        assert (response.headers["Location"], request.user.is_authenticated) == (LOGIN_URL, False)
        response = perform_login(request, UserFactory.create())
        assert (response.headers["Location"], request.user.is_authenticated) == (AFTER_SIGN_IN, True)
