"""Which address an attempt is counted for (T51)."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts.limits.attempts import statuses, try_to_sign_in
from tests.pages import give_password

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(User.objects.get(pk=alice.pk))


@pytest.mark.parametrize("same", ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"])
def test_t51_of_ipv6_a_customers_whole_network_counts_as_one_address(alice: User, same: str) -> None:
    assert statuses(10, address="2001:db8:1:2:3::4") == [200] * 10
    assert statuses(1, address=same) == [429]
    assert statuses(1, address="2001:db8:1:3::1") == [200]


def test_t51_what_a_client_says_of_its_address_does_not_help_it(alice: User) -> None:
    found = [
        try_to_sign_in("alice", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(11)
    ]
    assert found == [200] * 10 + [429]


def test_t51_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(alice: User, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        said = {"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.77"}
        assert try_to_sign_in("alice", address="127.0.0.1", headers=said).status_code == 200
    same, another = {"X-Forwarded-For": "192.0.2.77"}, {"X-Forwarded-For": "192.0.2.77, 192.0.2.78"}
    assert try_to_sign_in("alice", address="127.0.0.1", headers=same).status_code == 429
    assert try_to_sign_in("alice", address="127.0.0.1", headers=another).status_code == 200


def test_t51_behind_a_proxy_that_writes_ports_each_client_is_counted_for_itself(
    alice: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        said = {"X-Forwarded-For": f"192.0.2.77:{50_000 + number}"}
        assert try_to_sign_in("alice", address="127.0.0.1", headers=said).status_code == 200
    same, another = {"X-Forwarded-For": "192.0.2.77:60000"}, {"X-Forwarded-For": "192.0.2.78:60000"}
    assert try_to_sign_in("alice", address="127.0.0.1", headers=same).status_code == 429
    assert try_to_sign_in("alice", address="127.0.0.1", headers=another).status_code == 200


def test_t51_what_a_proxy_writes_and_nobody_can_read_is_limited_all_the_same(alice: User, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(50):
        said = {"X-Forwarded-For": f"_hidden{number}"}
        assert try_to_sign_in(f"nobody{number}", address="127.0.0.1", headers=said).status_code == 200
    assert try_to_sign_in("alice", address="127.0.0.1", headers={"X-Forwarded-For": "unknown"}).status_code == 429


def test_t51_the_ipv4_clients_of_a_translator_do_not_share_a_limit(alice: User) -> None:
    assert statuses(10, address="64:ff9b::192.0.2.77") == [200] * 10
    assert statuses(1, address="64:ff9b::192.0.2.77") == [429]
    assert statuses(1, address="64:ff9b::192.0.2.78") == [200]


def test_t51_without_an_address_the_account_alone_is_limited(alice: User) -> None:
    found = [try_to_sign_in(f"nobody{number}", address="").status_code for number in range(52)]
    assert set(found) == {200}
    assert statuses(11, address="") == [200] * 10 + [429]
