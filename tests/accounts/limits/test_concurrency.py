"""What costs much happens in a bounded number of places, and who finds none free is told so (AVA-4)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client

from accounts.limits.concurrency import Busy
from accounts.models import AttemptCount, AuditEvent, User
from accounts.passwords.hashers import HASHING, lower_thread_priority
from accounts.people.former_usernames import refuse_former_username
from accounts.sign_in.openid_views import ASKING
from instance_manager.tokens.export import EXPORTING
from tests.factories import PASSWORD, invitation_link, issued_pat, reset_link
from tests.openid.journey import SIGN_IN_URL
from tests.pages import CONFIRM_URL, LOGIN_URL, form_of, give_password, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

EXPORT = "/manage/security/tokens/export/"
NEW_PASSWORD = "seven swans on a frozen lake"


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(User.objects.get(pk=alice.pk))


def niceness() -> int:
    """How far the thread that asks goes after others."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a niceness of a thread")


@only_linux
def test_ava3_passwords_are_hashed_after_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    encode = Argon2PasswordHasher.encode

    def observed(hasher: Argon2PasswordHasher, password: str, salt: str) -> str:
        found.append(niceness())
        return str(encode(hasher, password, salt))

    monkeypatch.setattr(Argon2PasswordHasher, "encode", observed)
    before = niceness()
    encoded = make_password(NEW_PASSWORD)
    assert check_password(NEW_PASSWORD, encoded)
    assert found == [19]
    assert niceness() == before


@only_linux
def test_a_system_without_it_hashes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    before = niceness()
    lower_thread_priority()
    assert niceness() == before


@pytest.fixture
def no_place(alice: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two other people are having their passwords hashed, and go on to."""
    monkeypatch.setattr(HASHING, "wait_seconds", 0.01)
    with HASHING.slot(), HASHING.slot():
        yield


def is_told_to_wait(response: Any) -> bool:
    assert "Nothing was done, and this attempt does not count." in text_of(response)
    return (response.status_code, response.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("login", ["alice", "nobody"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
@pytest.mark.usefixtures("no_place")
def test_ava4_a_sign_in_that_finds_no_place_is_503_and_was_not_tried(login: str, password: str) -> None:
    for _number in range(12):
        assert is_told_to_wait(Client().post(LOGIN_URL, {"login": login, "password": password}))
    assert not AuditEvent.objects.exists()
    assert not AttemptCount.objects.exclude(count=0).exists()


def test_ava4_a_sign_in_goes_on_once_a_place_is_free(alice: User) -> None:
    with HASHING.slot():
        assert Client().post(LOGIN_URL, {"login": "alice", "password": PASSWORD}).status_code == 302


@pytest.mark.usefixtures("no_place")
def test_ava4_confirming_and_changing_the_password_find_no_place_either(alice: User) -> None:
    client = signed_in(alice, confirmed=False)
    assert is_told_to_wait(client.post(CONFIRM_URL, {"password": PASSWORD}))
    change = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    assert is_told_to_wait(signed_in(alice).post("/profile/security/password/", change))
    assert not AttemptCount.objects.exclude(count=0).exists()


def test_ava4_a_mailed_link_outlives_that_there_was_no_place(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HASHING, "wait_seconds", 0.01)
    for link in (f"/accounts/password/reset/{reset_link(alice)}/", f"/accounts/invitation/{invitation_link(bob)}/"):
        client = Client()
        form = client.get(link, follow=True)
        address = form.wsgi_request.path
        filled_in = form_of(form) | {"new_password": NEW_PASSWORD}
        with HASHING.slot(), HASHING.slot():
            assert is_told_to_wait(client.post(address, filled_in))
        assert client.post(address, filled_in).headers["Location"] == LOGIN_URL


@pytest.mark.once
@pytest.mark.parametrize("algorithm", ["default", "argon2"])
def test_ava4_of_eight_passwords_at_once_two_are_hashed_at_a_time(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = make_password("right", hasher=algorithm)
    lock, meanwhile, most = threading.Lock(), [0], [0]
    both_are_there = threading.Barrier(2)

    def slowly(_hasher: Argon2PasswordHasher, _password: str, _encoded: str) -> bool:
        with lock:
            meanwhile[0] += 1
            most[0] = max(most[0], meanwhile[0])
        both_are_there.wait(10)
        with lock:
            meanwhile[0] -= 1
        return True

    monkeypatch.setattr(Argon2PasswordHasher, "verify", slowly)
    threads = [threading.Thread(target=check_password, args=("right", encoded)) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [2]


@pytest.mark.usefixtures("no_place")
def test_ava4_a_password_and_a_former_user_name_are_digested_in_the_same_places() -> None:
    with pytest.raises(Busy):
        make_password("another")
    with pytest.raises(Busy):
        refuse_former_username("alice")


# --- Exports ---------------------------------------------------------------------------------------------------------


def test_ava4_of_exports_one_is_sent_at_a_time(
    administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(administrator, application)
    first: Any = administrator_client.post(EXPORT, {"format": "csv"})
    parts = iter(first.streaming_content)
    assert next(parts)
    assert is_told_to_wait(administrator_client.post(EXPORT, {"format": "csv"}))
    assert AuditEvent.objects.filter(action="token:export").count() == 1
    assert list(parts)
    last: Any = administrator_client.post(EXPORT, {"format": "csv"})
    assert list(last.streaming_content)


def test_ava4_an_export_that_nobody_reads_to_its_end_leaves_its_place(
    administrator: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(administrator, application)
    broken_off: Any = administrator_client.post(EXPORT, {"format": "jsonl"})
    with pytest.raises(Busy):
        EXPORTING.acquire()
    # What the server does once the browser is gone; `close` itself would end the connection of this test too.
    for close in broken_off._resource_closers:
        close()
    with EXPORTING.slot():
        assert is_told_to_wait(administrator_client.post(EXPORT, {"format": "jsonl"}))


# --- The OpenID Connect provider --------------------------------------------------------------------------------------


def test_ava4_a_provider_that_is_silent_holds_two_threads_at_the_most(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "http://localhost:9", "us", "secret"
    monkeypatch.setattr(ASKING, "wait_seconds", 0.01)
    with ASKING.slot(), ASKING.slot():
        # More than an address may try in a minute: nothing was tried.
        assert all(is_told_to_wait(Client().post(SIGN_IN_URL)) for _number in range(25))
    # Whom the provider does not answer leaves the place.
    for _number in range(3):
        assert "is unavailable" in text_of(Client().post(SIGN_IN_URL))
