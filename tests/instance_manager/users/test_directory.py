"""Finding people and System Users, page by page."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.people.directory import after_username, everybody, find_users
from instance_manager.users.directory import second_factor_labels, users_after
from tests.factories import UserFactory, invitation_link

pytestmark = pytest.mark.django_db


def factor(user: User, kind: str) -> None:
    Authenticator.objects.create(user=user, type=kind, data={})


@pytest.fixture
def cast(alice: User, administrator: User) -> None:
    UserFactory.create(username="robot", system=True)
    UserFactory.create(username="gone", inactive=True)
    invitation_link(UserFactory.create(username="ivy", name="Ivy 100%", email="Ivy@example.org"))
    UserFactory.create(username="deleted-1", deleted_at=timezone.now(), is_active=False)
    factor(alice, Authenticator.Type.TOTP)
    factor(administrator, Authenticator.Type.RECOVERY_CODES)


def names(**asked: str) -> list[str]:
    return [user.username for user in users_after(find_users(everybody(), **asked), "")[0]]


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["ada", "alice", "gone", "ivy", "robot"]),
        ({"kind": "person"}, ["ada", "alice", "gone", "ivy"]),
        ({"kind": "administrator"}, ["ada"]),
        ({"kind": "system"}, ["robot"]),
        ({"kind": "nonsense", "state": "nonsense"}, ["ada", "alice", "gone", "ivy", "robot"]),
        ({"state": "active"}, ["ada", "alice", "ivy", "robot"]),
        ({"state": "inactive"}, ["gone"]),
        ({"state": "invited"}, ["ivy"]),
        # Recovery codes are no second factor of their own.
        ({"state": "no-second-factor"}, ["ada", "ivy"]),
        ({"kind": "administrator", "state": "no-second-factor"}, ["ada"]),
        ({"words": "ALI"}, ["alice"]),
        ({"words": "100%"}, ["ivy"]),
        ({"words": "example.ORG"}, ["ivy"]),
        ({"words": "_"}, []),
    ],
)
def test_users_are_found_by_words_kind_and_state(asked: dict[str, str], found: list[str]) -> None:
    assert names(**asked) == found


def test_pages_walk_everybody_once_whatever_the_case_of_their_names() -> None:
    for number in range(60):
        UserFactory.create(username=f"{'Uu'[number % 2]}{number:03}")
        UserFactory.create(username=f"v{number:03}")
    seen, after, more = [], "", True
    while more:
        found, more = users_after(everybody(), after)
        seen += [user.username.lower() for user in found]
        after = str(found[-1].pk)
    assert seen == sorted(seen)
    assert len(set(seen)) == 120


@pytest.mark.parametrize("after", ["", "x", "\0", "00000000-0000-4000-8000-000000000000"])
def test_a_place_that_is_none_is_the_first_page(alice: User, after: str) -> None:
    assert users_after(everybody(), after) == ([alice], False)


def test_a_page_is_read_from_the_index_at_any_depth(alice: User) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # So few rows are read whole otherwise.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    explained = after_username(User.objects.all(), "alice").explain()
    assert "user_username_unique_without_case" in explained
    assert "TEMP B-TREE" not in explained
    assert "Sort" not in explained


def test_second_factors_are_named_once(alice: User) -> None:
    assert second_factor_labels(alice) == []
    for kind in (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        factor(alice, kind)
    factor(alice, Authenticator.Type.WEBAUTHN)
    assert second_factor_labels(alice) == ["Authenticator app", "Passkey"]
