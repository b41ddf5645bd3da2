"""Signing in with a second factor, and by a passkey as both (T45, T50, T53)."""

from __future__ import annotations

import json
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
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from accounts.second_factors.authenticator_app import takes
from accounts.second_factors.factors import has_second_factor, remove_all, remove_factor, with_second_factor
from tests.factories import UserFactory
from tests.pages import LOGIN_URL, errors_of, give_password, signed_in, text_of
from tests.second_factors import (
    CODES,
    PASSKEY_SIGN_IN_URL,
    STAGE_URL,
    TOTP,
    app_of,
    factor,
    options_of,
    passkey_of,
    pending_sign_in,
    sign_in_with,
)
from tests.soft_key import PRESENT, SoftKey

pytestmark = pytest.mark.django_db

WRONG = ["This code is wrong, or was used already."]
NOT_ACCEPTED = ["This passkey was not accepted. Try again, or use another way."]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return give_password(alice)


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def failures() -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(action="user:sign_in_failed").order_by("seq")
    return [(event.details["method"], event.target_id) for event in found]


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


def test_a_factor_that_was_removed_meanwhile_is_not_asked_for_for_ever(alice: User) -> None:
    app, _codes = app_of(alice)
    client = pending_sign_in(alice)
    remove_all(actor=OPERATOR, user=alice, now=timezone.now())
    assert client.post(STAGE_URL, {"code": app.code()}).headers["Location"] == LOGIN_URL
    assert client.post(LOGIN_URL, {"login": "alice", "password": "correct horse battery staple"}).status_code == 302
    assert is_signed_in(client)


# By a passkey, after the password


def test_t53_a_passkey_is_a_second_factor_and_need_not_verify_its_person(alice: User) -> None:
    key = passkey_of(alice, flags=PRESENT)
    client = pending_sign_in(alice)
    page = client.get(STAGE_URL)
    assert "Recovery code" in text_of(page)
    response = client.post(STAGE_URL, {"credential": json.dumps(key.shown(options_of(page)))})
    assert response.headers["Location"] == "/profile/"
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
    assert response.headers["Location"] == "/profile/"


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


def test_an_answer_to_no_question_is_refused(alice: User) -> None:
    key = passkey_of(alice)
    answer = key.shown(Client().get(PASSKEY_SIGN_IN_URL).json())
    assert refused(Client().post(PASSKEY_SIGN_IN_URL, {"credential": json.dumps(answer)}))


def test_t48_a_passkey_leads_to_no_other_place(alice: User) -> None:
    assert sign_in_with(passkey_of(alice), target="//evil.example").headers["Location"] == "/profile/"


def test_t51_showing_passkeys_is_limited_by_address(alice: User) -> None:
    client = Client()
    statuses = [client.get(PASSKEY_SIGN_IN_URL).status_code for _attempt in range(21)]
    assert statuses == [200] * 20 + [429]
    assert client.get(PASSKEY_SIGN_IN_URL, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_t51_whoever_signs_in_by_a_passkey_uses_nothing_up(alice: User) -> None:
    key = passkey_of(alice)
    assert [sign_in_with(key).headers["Location"] for _time in range(25)] == ["/profile/"] * 25
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


# Whatever door


@pytest.mark.parametrize("trait", ["inactive", "system"])
def test_peo1_no_door_begins_a_session_of_who_may_not_sign_in(rf: Any, client: Client, trait: str) -> None:
    request = rf.get("/")
    request.session, request.user = client.session, AnonymousUser()
    with request_context(request):
        response = perform_login(request, UserFactory.create(**{trait: True}))
        assert (response.headers["Location"], request.user.is_authenticated) == (LOGIN_URL, False)
        response = perform_login(request, UserFactory.create())
        assert (response.headers["Location"], request.user.is_authenticated) == ("/profile/", True)


# Who has one


def test_people_with_a_second_factor_can_be_told_apart(alice: User, bob: User) -> None:
    app_of(alice)
    passkey_of(bob)
    UserFactory.create(username="carol")
    found = with_second_factor(User.objects.order_by("username")).values_list("username", "has_second_factor")
    assert list(found) == [("alice", True), ("bob", True), ("carol", False)]
    assert has_second_factor(bob)


def test_an_administrator_lets_a_locked_out_person_in_by_removing_everything(alice: User) -> None:
    app_of(alice)
    passkey_of(alice)
    mail.outbox.clear()
    assert remove_all(actor=OPERATOR, user=alice, now=timezone.now()) == 2
    assert not has_second_factor(alice)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.details) == ("factor:reset", {"types": ["totp", "webauthn"]})
    assert [letter.subject for letter in mail.outbox] == ["Your second factors were removed"]
    response = Client().post(LOGIN_URL, {"login": "alice", "password": "correct horse battery staple"})
    assert response.headers["Location"] == "/profile/"


def test_a_factor_that_was_removed_meanwhile_takes_nothing_and_is_not_removed_again(alice: User) -> None:
    app, _codes = app_of(alice)
    gone = factor(alice, TOTP)
    now = timezone.now()
    assert remove_factor(actor=OPERATOR, user=alice, factor_id=gone.pk, now=now)
    assert not takes(gone, app.code())
    assert not remove_factor(actor=OPERATOR, user=alice, factor_id=gone.pk, now=now)


def test_of_the_last_factor_alone_the_mail_says_that_it_was_the_last(alice: User) -> None:
    app_of(alice)
    key = passkey_of(alice)
    mail.outbox.clear()
    remove_factor(actor=OPERATOR, user=alice, factor_id=key.stored_as, now=timezone.now())
    assert "It was the last one" not in str(mail.outbox[0].body)


def test_t45_the_sessions_of_a_person_end_with_the_reset_of_their_factors(alice: User) -> None:
    app_of(alice)
    stolen = signed_in(alice, by_factor=True)
    remove_all(actor=OPERATOR, user=alice, now=timezone.now())
    assert stolen.get("/profile/").headers["Location"].startswith(LOGIN_URL)


def test_where_there_is_nothing_to_remove_nothing_is_recorded(alice: User) -> None:
    assert remove_all(actor=OPERATOR, user=alice, now=timezone.now()) == 0
    assert not AuditEvent.objects.filter(action="factor:reset").exists()
