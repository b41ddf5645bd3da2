"""How often a password may be tried, and that no stranger keeps anybody out (T51)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.limits import rates
from accounts.models import AttemptCount, AuditEvent, User
from tests import programs, redis
from tests.accounts.limits.attempts import statuses, try_to_sign_in
from tests.factories import PASSWORD, UserFactory, issued_pat
from tests.introspection import is_active
from tests.pages import CONFIRM_URL, HTMX, give_password, signed_in, text_of
from tests.postgresql import free_port
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RESET = "/accounts/password/reset/"


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(User.objects.get(pk=alice.pk))


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    program = programs.redis()
    if program is None:
        pytest.skip("Redis is not installed")
    with redis.server(program) as url:
        yield url


@pytest.fixture
def counted_in_redis(redis_url: str, settings: Settings) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}}
    caches["default"].clear()
    yield
    # Django leaves its connections to the end of the process.
    for pool in caches["default"]._cache._pools.values():  # type: ignore[attr-defined]
        pool.disconnect()


@pytest.fixture(params=["database", "redis"])
def either_store(request: pytest.FixtureRequest) -> None:
    """Counted in the database, and in Redis."""
    if request.param == "redis":
        request.getfixturevalue("counted_in_redis")


@pytest.mark.usefixtures("either_store")
def test_t51_an_account_can_be_tried_ten_times_from_an_address(alice: User) -> None:
    assert statuses(12) == [200] * 10 + [429] * 2
    # Not the right password either, which whoever guesses would learn by it.
    assert statuses(1, password=PASSWORD) == [429]


@pytest.mark.usefixtures("either_store")
def test_t51_the_account_has_one_limit_however_it_is_called(alice: User) -> None:
    logins = ["alice", "ALICE", "alice@example.com", "Alice@Example.com"] * 3
    assert [try_to_sign_in(login).status_code for login in logins] == [200] * 10 + [429] * 2


@pytest.mark.usefixtures("either_store")
def test_t51_a_stranger_keeps_nobody_from_signing_in(alice: User) -> None:
    for address in ("192.0.2.1", "198.51.100.7", "2001:db8::1"):
        assert statuses(12, address=address)[-1] == 429
    assert statuses(1, password=PASSWORD, address="203.0.113.5") == [302]


@pytest.mark.usefixtures("either_store")
def test_t51_an_address_has_a_limit_over_all_accounts() -> None:
    found = [try_to_sign_in(f"nobody{number}").status_code for number in range(52)]
    assert found == [200] * 50 + [429] * 2
    assert try_to_sign_in("nobody", address="192.0.2.2").status_code == 200


def test_t51_what_an_address_is_refused_for_costs_no_row_of_any_account(alice: User) -> None:
    for number in range(50):
        try_to_sign_in(f"nobody{number}")
    rows = AttemptCount.objects.count()
    refused = [try_to_sign_in(f"somebody{number}").status_code for number in range(30)]
    refused += [try_to_sign_in("alice").status_code for _number in range(9)]
    assert set(refused) == {429}
    assert AttemptCount.objects.count() == rows
    # Nor was anything counted against her.
    assert statuses(11, address="192.0.2.2") == [200] * 10 + [429]


def test_t51_mails_about_no_password_are_sent_a_few_times_an_hour(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    for number in range(12):
        assert Client().post(RESET, {"login": "alice"}, REMOTE_ADDR=f"192.0.2.{number}").status_code == 302
    assert [message.subject for message in mail.outbox] == ["Your account has no password"] * 5


def test_t51_mails_that_an_address_is_refused_cost_no_row_of_any_account() -> None:
    names = [f"nobody{number}" for number in range(40)]
    found = [Client().post(RESET, {"login": name}).status_code for name in names]
    assert found == [302] * 20 + [429] * 20
    assert AttemptCount.objects.count() == 21


def test_t51_an_unknown_name_is_limited_like_a_known_one(alice: User) -> None:
    assert statuses(11, "nobody") == statuses(11, "alice")


@pytest.mark.usefixtures("either_store")
def test_t51_whoever_signs_in_uses_nothing_up(alice: User) -> None:
    assert statuses(12, password=PASSWORD) == [302] * 12
    assert statuses(11) == [200] * 10 + [429]


def test_t51_signing_in_between_gives_no_further_attempts(alice: User) -> None:
    assert statuses(9) == [200] * 9
    assert statuses(1, password=PASSWORD) == [302]
    assert statuses(2) == [200, 429]


def test_t51_it_ends_by_itself_after_five_minutes(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        statuses(11)
        clock.shift(timedelta(minutes=4, seconds=59))
        assert statuses(1) == [429]
        clock.shift(timedelta(seconds=1))
        assert statuses(11) == [200] * 10 + [429]


def test_t51_a_clock_that_was_ahead_holds_nobody_up(alice: User) -> None:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert statuses(11) == [200] * 10 + [429]
    with time_machine.travel(NOW, tick=False):
        assert statuses(11) == [200] * 10 + [429]


def test_what_ended_meanwhile_takes_no_attempt_back(alice: User) -> None:
    request = HttpRequest()
    with time_machine.travel(NOW, tick=False) as clock:
        attempt = rates.count_attempt(request, rates.PASSWORD, "alice")
        clock.shift(timedelta(minutes=5))
        attempt.give_back()
        assert rates.change_counter("another", 1, 60) == 1
        assert [rates.count_attempt(request, rates.PASSWORD, "alice") for _number in range(10)]
        with pytest.raises(rates.TooManyAttempts):
            rates.count_attempt(request, rates.PASSWORD, "alice")


@pytest.mark.usefixtures("counted_in_redis")
def test_what_redis_forgot_meanwhile_takes_no_attempt_back() -> None:
    assert rates.change_counter("key", -1, 0) == 0
    assert rates.change_counter("key", 1, 60) == 1


def test_t51_confirming_who_it_is_and_changing_the_password_are_limited_too(alice: User) -> None:
    client = signed_in(alice)
    wrong = {"password": "wrong", "new_password": "seven swans on a frozen lake"}
    found = [client.post("/profile/security/password/", wrong).status_code for _number in range(5)]
    found += [client.post(CONFIRM_URL, wrong).status_code for _number in range(6)]
    assert found == [422] * 5 + [200] * 5 + [429]
    assert client.get("/profile/").status_code == 200


def test_t51_mails_to_somebody_are_sent_a_few_times_an_hour(alice: User) -> None:
    found = [Client().post(RESET, {"login": "alice"}).status_code for _number in range(6)]
    assert found == [302] * 5 + [429]
    assert len(mail.outbox) == 5


def test_t51_an_address_asks_for_twenty_mails_an_hour(alice: User) -> None:
    found = [Client().post(RESET, {"login": f"nobody{number}"}).status_code for number in range(21)]
    assert found == [302] * 20 + [429]


# --- What is answered -------------------------------------------------------------------------------------------------


def test_the_answer_says_when_to_try_again(alice: User) -> None:
    statuses(10)
    response = try_to_sign_in("alice")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
    assert "Wait 5 minutes, then try again." in text_of(response)
    assert response.headers["Cache-Control"] == "no-store"
    [Client().post(RESET, {"login": "alice"}) for _number in range(5)]
    response = Client().post(RESET, {"login": "alice"})
    assert response.headers["Retry-After"] == "3600"
    assert "Wait 60 minutes, then try again." in text_of(response)


def test_htmx_is_answered_with_the_same_status(alice: User) -> None:
    client = signed_in(alice)
    found = [client.post(CONFIRM_URL, {"password": "wrong"}, headers=HTMX).status_code for _number in range(11)]
    assert found[-1] == 429


def test_aud1_attempts_past_the_limit_are_counted_and_not_one_entry_each(alice: User) -> None:
    statuses(31)
    assert AuditEvent.objects.filter(action="user:sign_in_failed").count() == 10
    limited = AuditEvent.objects.filter(action="user:attempts_limited").order_by("seq")
    assert [event.details for event in limited] == [
        {"limit": "password", "attempts": 1},
        {"limit": "password", "attempts": 10},
    ]
    assert {event.address for event in limited} == {"192.0.2.1"}


def test_what_was_typed_does_not_stand_among_the_counters() -> None:
    try_to_sign_in("my secret password")
    stored = str(list(AttemptCount.objects.values())) + str(list(AuditEvent.objects.values()))
    assert "secret" not in stored
    # The address, the name from there, and the name from everywhere.
    assert AttemptCount.objects.count() == 3
    assert str(AttemptCount.objects.all()[0]) == "1"


# --- Where they cannot be counted ------------------------------------------------------------------------------------


def test_t51_without_the_cache_nobody_signs_in_and_tokens_are_validated(
    alice: User, application: TrustedApplication, server: Any, settings: Settings, log_lines: list[str]
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    response = try_to_sign_in("alice", PASSWORD)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert "Temporarily unavailable" in text_of(response)
    assert response.client.get("/profile/").status_code == 302
    assert [line for line in log_lines if "attempts cannot be counted" in line]
    assert is_active(Client(), server, plaintext)
    assert signed_in(UserFactory.create()).get("/profile/").status_code == 200


def test_t51_without_the_table_nobody_signs_in(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_attemptcount RENAME TO gone")
    assert statuses(1, password=PASSWORD) == [503]


def test_any_other_trouble_stays_what_it_is(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("profile_site.personal_info.waiting_change", fail)
    with pytest.raises(RuntimeError):
        signed_in(alice).get("/profile/")
