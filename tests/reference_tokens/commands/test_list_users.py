from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from reference_tokens.management.commands import list_users
from tests.command_line import Runner
from tests.factories import UserFactory, invitation_link, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication


@pytest.fixture
def people(alice: User, bob: User, application: TrustedApplication) -> None:
    User.objects.filter(username="alice").update(is_administrator=True, last_login=timezone.now())
    UserFactory.create(username="gone", inactive=True)
    UserFactory.create(username="deleted-1", inactive=True, deleted_at=timezone.now())
    invitation_link(UserFactory.create(username="ivy", name="Ivy", email="ivy@example.org"))
    for _number in range(2):
        issued_pat(alice, application)
    issued_sat(application)


def names(command: Runner, *arguments: str) -> list[str]:
    document = command("list_users", *arguments, "--json").json
    assert list(document) == ["users"]
    return [user["username"] for user in document["users"]]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--kind", "administrator"], ["alice"]),
        (["--kind", "person", "--state", "inactive"], ["gone"]),
        (["--state", "invited"], ["ivy"]),
        (["--search", "EXAMPLE.ORG"], ["ivy"]),
        (["--search", "nobody at all"], []),
        (["--search", "\0ivy"], ["ivy"]),
    ],
)
def test_list_users_lists_those_asked_for(command: Runner, arguments: list[str], found: list[str]) -> None:
    assert names(command, *arguments) == found


@pytest.mark.usefixtures("people")
def test_everybody_but_the_deleted_is_listed_by_user_name_in_portions(
    command: Runner, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert application.system_user
    everybody = sorted(["alice", "bob", "gone", "ivy", application.system_user.username])
    for at_once in (1, 2, 100):
        monkeypatch.setattr(list_users, "READ_AT_ONCE", at_once)
        assert names(command) == everybody


@pytest.mark.usefixtures("people")
def test_a_user_is_told_with_the_members_of_the_contract(command: Runner, alice: User) -> None:
    alice.groups.add(Group.objects.create(name="Developers"))
    (described,) = command("list_users", "--search", "alice", "--json").json["users"]
    alice.refresh_from_db()
    assert described == {
        "id": str(alice.pk),
        "username": "alice",
        "kind": "person",
        "name": alice.name,
        "email": alice.email,
        "is_active": True,
        "is_administrator": True,
        "has_second_factor": False,
        "groups": ["Developers"],
        "last_sign_in_at": alice.last_login and alice.last_login.isoformat(),
        "counts": {"live_tokens": 2},
    }


@pytest.mark.usefixtures("people")
def test_sats_count_for_the_system_user(command: Runner) -> None:
    (robot,) = command("list_users", "--kind", "system", "--json").json["users"]
    assert (robot["kind"], robot["counts"]) == ("system", {"live_tokens": 1})


@pytest.mark.usefixtures("people")
def test_a_table_is_for_people(command: Runner) -> None:
    heads, ivy = command("list_users", "--search", "ivy").stdout.splitlines()
    assert heads.split()[:4] == ["USERNAME", "KIND", "NAME", "EMAIL"]
    assert ivy.split() == ["ivy", "person", "Ivy", "ivy@example.org", "yes", "no", "-"]
    assert command("list_users", "--search", "nobody at all").stdout == "No users.\n"


@pytest.mark.usefixtures("people")
def test_the_number_of_queries_is_that_of_portions_and_not_of_users(
    command: Runner, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        UserFactory.create(username=f"many{number}")
    with django_assert_max_num_queries(5):
        assert len(names(command)) == 35
