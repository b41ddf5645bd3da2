"""TOK-2: keys rotate without reissuing, and a missing one never makes a token "inactive"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.lifecycle.hash_keys import is_in_use, missing_keys, retire_if_unneeded, under_lost_keys
from reference_tokens.models import Door, HashKey, ReferenceToken, ResourceServerSecret
from reference_tokens.token_values import token_format
from reference_tokens.token_values.hashing import key_id
from reference_tokens.token_values.key_ring import KeyRingIncomplete, key_ring
from reference_tokens.validation.validate import validate
from tests.concurrency import is_waiting, threads, uncommitted
from tests.factories import ResourceServerFactory, alter, issued_pat
from tests.introspection import INACTIVE, introspect, is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

OLD, NEW = "old-0123456789abcdefghijklmnopqrstuvwxyz", "new-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def old_token(alice: User, application: TrustedApplication, settings: Settings) -> str:
    """A token issued under the old key."""
    settings.TOKEN_HASH_KEYS = [OLD]
    return issued_pat(alice, application).plaintext


@pytest.fixture
def new_server(settings: Settings, old_token: str) -> Any:
    """A Resource Server whose secret was stored under the new key."""
    settings.TOKEN_HASH_KEYS = [NEW]
    return ResourceServerFactory.create()


def test_tok2_the_ring_follows_the_setting(settings: Settings) -> None:
    settings.TOKEN_HASH_KEYS = [NEW, OLD]
    assert key_ring().ids == (key_id(NEW), key_id(OLD))
    settings.TOKEN_HASH_KEYS = [OLD]
    assert key_ring().ids == (key_id(OLD),)


def test_tok2_a_token_of_an_old_key_is_good_while_the_ring_has_it(
    client: Client, new_server: Any, old_token: str, settings: Settings
) -> None:
    settings.TOKEN_HASH_KEYS = [NEW, OLD]
    assert is_active(client, new_server, old_token)


def test_tok2_new_tokens_are_stored_under_the_new_key(
    alice: User, application: TrustedApplication, old_token: str, settings: Settings
) -> None:
    settings.TOKEN_HASH_KEYS = [NEW, OLD]
    issued = issued_pat(alice, application)
    assert issued.token.hash_key_id == key_id(NEW)
    assert is_in_use(key_id(NEW))
    assert bytes(issued.token.digest) == key_ring().digests(issued.plaintext)[0]


def test_t22_a_secret_of_an_old_key_still_authenticates(
    client: Client, alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.TOKEN_HASH_KEYS = [OLD]
    server = ResourceServerFactory.create()
    settings.TOKEN_HASH_KEYS = [NEW, OLD]
    assert is_active(client, server, issued_pat(alice, application).plaintext)


def test_tok2_a_token_whose_key_is_missing_is_503_and_never_inactive(
    client: Client, new_server: Any, old_token: str
) -> None:
    response = introspect(client, new_server, old_token)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.content == b'{"error": "temporarily_unavailable"}'


def test_tok2_any_unknown_token_is_503_while_a_key_is_missing(client: Client, new_server: Any) -> None:
    assert introspect(client, new_server, token_format.generate()).status_code == 503


def test_tok2_what_cannot_be_a_token_is_inactive_even_then(client: Client, new_server: Any) -> None:
    assert introspect(client, new_server, "enrt_nonsense").content == INACTIVE


def test_tok2_tokens_of_the_keys_there_are_go_on_while_another_is_missing(
    client: Client, new_server: Any, alice: User, application: TrustedApplication
) -> None:
    assert is_active(client, new_server, issued_pat(alice, application).plaintext)


def test_tok2_without_a_server_a_missing_key_is_an_error_too(new_server: Any, old_token: str) -> None:
    with pytest.raises(KeyRingIncomplete):
        validate(old_token, now=timezone.now(), door=Door.TOKEN_ITSELF)


def test_tok2_a_secret_whose_key_is_missing_is_503_and_never_401(
    client: Client, old_token: str, settings: Settings
) -> None:
    server = ResourceServerFactory.create()
    settings.TOKEN_HASH_KEYS = [NEW]
    assert introspect(client, server, old_token).status_code == 503


def test_tok2_missing_keys_are_told_with_what_needs_them(
    alice: User, application: TrustedApplication, old_token: str, settings: Settings
) -> None:
    issued_pat(alice, application)
    ResourceServerFactory.create()
    settings.TOKEN_HASH_KEYS = [NEW]
    assert missing_keys(timezone.now()) == {key_id(OLD): 3}


def test_tok2_a_key_that_is_needed_after_all_is_not_retired(old_token: str) -> None:
    key = HashKey.objects.get()
    assert retire_if_unneeded(key, timezone.now()) == 1
    key.refresh_from_db()
    assert key.retired_at is None


def test_tok2_the_tokens_whose_key_the_ring_has_lost(
    alice: User, application: TrustedApplication, old_token: str, settings: Settings
) -> None:
    lost = ReferenceToken.objects.get()
    settings.TOKEN_HASH_KEYS = [NEW]
    issued_pat(alice, application)
    assert under_lost_keys(ReferenceToken.objects.all()).get() == lost


def test_tok9_a_suspended_token_needs_its_key(old_token: str, settings: Settings) -> None:
    alter(ReferenceToken.objects.get(), suspended_at=timezone.now())
    settings.TOKEN_HASH_KEYS = [NEW]
    assert missing_keys(timezone.now()) == {key_id(OLD): 1}


def test_tok2_a_ring_with_every_key_lacks_none(old_token: str, settings: Settings) -> None:
    settings.TOKEN_HASH_KEYS = [NEW, OLD]
    assert missing_keys(timezone.now()) == {}
    assert HashKey.objects.get().retired_at is None


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_tok2_a_key_that_only_ended_tokens_need_is_retired(
    client: Client, new_server: Any, old_token: str, ended: str
) -> None:
    now = timezone.now()
    alter(ReferenceToken.objects.get(), issued_at=now - timedelta(days=1), **{ended: now})
    assert missing_keys(now) == {}
    assert HashKey.objects.get(id=key_id(OLD)).retired_at == now
    assert introspect(client, new_server, old_token).content == INACTIVE


def test_t22_a_key_that_a_secret_needs_is_not_retired(server: Any, settings: Settings) -> None:
    settings.TOKEN_HASH_KEYS = [NEW]
    assert sum(missing_keys(timezone.now()).values()) == ResourceServerSecret.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stores", ["token", "secret"])
def test_tok2_a_key_is_not_retired_while_another_machine_stores_a_digest_under_it(
    alice: User, application: TrustedApplication, settings: Settings, stores: str
) -> None:
    """The other machine has not taken the key out of its ring yet: its token must not become "inactive"."""
    ring, now = list(settings.TOKEN_HASH_KEYS), timezone.now()
    HashKey.objects.create(id=key_ring().current_id)
    ways: dict[str, Callable[[], Any]] = {
        "token": lambda: issued_pat(alice, application),
        "secret": ResourceServerFactory.create,
    }
    with threads() as start:
        with uncommitted(start, ways[stores]):
            settings.TOKEN_HASH_KEYS = [NEW]
            found = start(lambda: missing_keys(now))
            assert is_waiting(found)
        assert found.result(20) == {key_id(ring[0]): 1}
    assert HashKey.objects.get(id=key_id(ring[0])).retired_at is None


@pytest.mark.django_db(transaction=True)
def test_tok2_a_key_that_was_just_retired_is_in_use_again_with_the_next_digest(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    ring, now = list(settings.TOKEN_HASH_KEYS), timezone.now()
    key = HashKey.objects.create(id=key_ring().current_id)
    with threads() as start:
        with uncommitted(start, lambda: retire_if_unneeded(key, now)):
            issuing = start(lambda: issued_pat(alice, application))
            assert is_waiting(issuing)
        issuing.result(20)
    settings.TOKEN_HASH_KEYS = [NEW]
    assert missing_keys(now) == {key_id(ring[0]): 1}


@pytest.mark.django_db(transaction=True)
def test_those_who_issue_tokens_at_once_do_not_wait_for_each_other_at_the_key() -> None:
    HashKey.objects.create(id=key_ring().current_id)
    with threads() as start, uncommitted(start, lambda: is_in_use(key_ring().current_id)):
        found = start(lambda: is_in_use(key_ring().current_id)).result(20)
    assert found
