"""A session that has opened no page yet is one of its person's devices, and ends with the others (T45)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.people.administrators import make_administrator
from accounts.people.deactivation import deactivate_user, reactivate_user
from accounts.second_factors.factors import remove_all
from accounts.sessions.devices import devices_of, end_all_devices, end_other_devices
from tests.factories import PASSWORD
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, give_password
from tests.second_factors import passkey_of, sign_in_with

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def unseen(alice: User) -> Client:
    """A browser in which alice has signed in, and which has opened no page since."""
    give_password(alice)
    browser = Client(headers={"user-agent": "Firefox/1 Linux"})
    answer = browser.post(LOGIN_URL, {"login": "alice", "password": PASSWORD})
    assert answer.headers["Location"] == AFTER_SIGN_IN
    return browser


def leave_for_a_while(*, user: User, **how: Any) -> None:
    """Deactivate the person, and let them be active again."""
    deactivate_user(user_id=user.pk, **how)
    reactivate_user(user_id=user.pk, **how)


def reset_factors(*, user: User, **how: Any) -> None:
    """Take from the person the second factor that they have set up since."""
    passkey_of(user)
    remove_all(user=user, **how)


@pytest.mark.parametrize(
    "end",
    [
        end_all_devices,
        partial(end_other_devices, current_key="another"),
        lambda *, user, **how: make_administrator(user_id=user.pk, **how),
        leave_for_a_while,
        reset_factors,
    ],
    ids=["all", "others", "rights", "leave", "factors"],
)
def test_t45_what_ends_the_sessions_ends_one_that_opened_no_page(
    alice: User, unseen: Client, end: Callable[..., object]
) -> None:
    end(actor=OPERATOR, user=alice, now=timezone.now())
    assert unseen.get(AFTER_SIGN_IN).headers["Location"].startswith(LOGIN_URL)


def test_t45_it_stands_in_the_list_of_devices_once(alice: User, unseen: Client) -> None:
    for _before_and_after_a_page in range(2):
        (device,) = devices_of(alice, current_key="", now=timezone.now())
        assert (device.name, device.address) == ("Firefox on Linux", "127.0.0.1")
        assert unseen.get(AFTER_SIGN_IN).status_code == 200


def test_t45_a_session_that_began_by_a_passkey_is_one_too(alice: User) -> None:
    sign_in_with(passkey_of(alice))
    assert len(devices_of(alice, current_key="", now=timezone.now())) == 1
