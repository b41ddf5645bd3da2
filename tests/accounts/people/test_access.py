"""Who can sign in today, here; and of the administrators who can, one stays (PEO-2)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.people.access import has_a_way_in
from accounts.people.administrators import LastAdministrator, remove_administrator_rights
from accounts.people.deactivation import deactivate_user
from accounts.people.deletion import anonymise_person
from accounts.second_factors.factors import OnlyWayIn, has_second_factor, remove_all, remove_factor
from tests.command_line import Runner
from tests.factories import UserFactory
from tests.pages import give_password, signed_in, text_of
from tests.second_factors import PASSKEY, app_of, factor, passkey_of

pytestmark = pytest.mark.django_db
ISSUER = "https://id.example.com"


@pytest.fixture
def provider(settings: Any) -> None:
    """The settings name a provider."""
    settings.OIDC_ISSUER = ISSUER


def administrator_with(way: str) -> User:
    """An administrator who has this to sign in with, and nothing else."""
    user = UserFactory.create(is_administrator=True)
    if way == "password":
        give_password(user)
    if way.startswith("https:"):
        SocialAccount.objects.create(user=user, provider=way, uid="1")
    if way == "app":
        app_of(user)
    if way in {"passkey", "security key"}:
        passkey_of(user, is_discoverable=way == "passkey")
    return user


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("way", "counts"),
    [
        ("password", True),
        (ISSUER, True),
        ("passkey", True),
        ("https://former.example.com", False),
        ("security key", False),
        ("app", False),
        ("nothing", False),
    ],
)
def test_a_way_in_is_one_that_opens_today_and_here(way: str, counts: bool) -> None:
    user = administrator_with(way)
    assert has_a_way_in(user) is counts
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not has_a_way_in(User.objects.get(pk=user.pk))


def test_an_identity_counts_only_where_the_settings_name_a_provider() -> None:
    assert not has_a_way_in(administrator_with(ISSUER))


def test_a_passkey_counts_only_where_passkeys_are_offered(settings: Any) -> None:
    user = administrator_with("passkey")
    settings.HAS_PASSKEYS = False
    assert not has_a_way_in(user)


@pytest.mark.parametrize("other", ["https://former.example.com", "security key", "app", "nothing"])
@pytest.mark.parametrize("act", [remove_administrator_rights, deactivate_user, anonymise_person])
def test_peo2_the_last_administrator_who_can_sign_in_stays(act: Any, other: str) -> None:
    last = administrator_with("password")
    administrator_with(other)
    with pytest.raises(LastAdministrator):
        act(actor=OPERATOR, user_id=last.pk, now=timezone.now())
    administrator_with("password")
    assert act(actor=OPERATOR, user_id=last.pk, now=timezone.now())


def test_a_passkey_that_signs_in_alone_stays_beside_one_that_does_not() -> None:
    user = administrator_with("passkey")
    stored = factor(user, PASSKEY).pk
    passkey_of(user, is_discoverable=False)
    with pytest.raises(OnlyWayIn):
        remove_factor(actor=OPERATOR, user=user, factor_id=stored, now=timezone.now())


def test_peo2_the_only_passkey_of_the_last_administrator_is_not_reset(command: Runner) -> None:
    last = administrator_with("passkey")
    outcome = command("reset_second_factors", last.username)
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert "the last administrator who can sign in" in outcome.stderr
    client = signed_in(last, by_factor=True)
    response = client.post(f"/manage/security/users/{last.pk}/reset-second-factors/")
    assert "the last administrator who can sign in" in text_of(client.get(response.headers["Location"]))
    assert has_second_factor(last)


@pytest.mark.parametrize("has_password", [True, False])
def test_of_others_the_only_passkey_is_reset(has_password: bool) -> None:
    last = administrator_with("password")
    user = administrator_with("passkey")
    if has_password:
        give_password(user)
    assert remove_all(actor=OPERATOR, user=user, now=timezone.now()) == 1
    assert has_a_way_in(last)
