from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from reference_tokens.management.commands import list_applications
from tests.command_line import Runner, nothing_stored
from tests.factories import ApplicationFactory, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

# Every instance has it.
BUILT_IN = "reference-tokens/api"


@pytest.fixture
def applications(alice: User, application: TrustedApplication) -> TrustedApplication:
    ApplicationFactory.create(application_uri="Com.Example/word", name="Word add-in").owners.add(alice)
    ApplicationFactory.create(application_uri="com.example/archive", name="Archive", disabled=True)
    issued_pat(alice, application)
    issued_sat(application)
    return application


def uris(command: Runner, *arguments: str) -> list[str]:
    document = command("list_applications", *arguments, "--json").json
    assert list(document) == ["applications"]
    return [found["application_uri"] for found in document["applications"] if found["application_uri"] != BUILT_IN]


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["com.example/archive", "com.example/excel", "Com.Example/word"]),
        (["--state", "disabled"], ["com.example/archive"]),
        (["--state", "no-owner"], ["com.example/excel"]),
        (["--owner", "ALICE"], ["Com.Example/word"]),
        (["--search", "ADD-IN", "--owner", "alice"], ["Com.Example/word"]),
        (["--search", "example/ARCH"], ["com.example/archive"]),
        (["--search", "\0word"], ["Com.Example/word"]),
        (["--search", "nothing at all"], []),
    ],
)
def test_those_asked_for_are_listed_by_uri(command: Runner, arguments: list[str], found: list[str]) -> None:
    assert uris(command, *arguments) == found


def test_all_are_listed_whatever_the_portions(
    command: Runner, applications: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert applications.system_user
    for at_once in (1, 2, 100):
        monkeypatch.setattr(list_applications, "READ_AT_ONCE", at_once)
        assert len(uris(command)) == 3
    assert uris(command, "--system-user", applications.system_user.username) == ["com.example/excel"]


def test_an_application_is_told_with_the_members_of_the_contract(
    command: Runner, applications: TrustedApplication, alice: User
) -> None:
    applications.owners.add(alice)
    (described,) = command("list_applications", "--search", "excel", "--json").json["applications"]
    assert applications.system_user
    assert described == {
        "id": str(applications.pk),
        "application_uri": "com.example/excel",
        "name": applications.name,
        "description": "",
        "access_tokens": "AuthenticatedUsers",
        "scopes": ["read", "update"],
        "system_user": applications.system_user.username,
        "owners": ["alice"],
        "max_lifetime_days": None,
        "allows_tokens_without_expiry": False,
        "allows_self_rotation": False,
        "is_enabled": True,
        "created_at": applications.created_at.isoformat(),
        "counts": {"live_tokens": 2},
    }


@pytest.mark.usefixtures("applications")
def test_a_table_is_for_people(command: Runner) -> None:
    outcome = command("list_applications", "--owner", "alice")
    heads, word = outcome.stdout.splitlines()
    assert heads.startswith("APPLICATION URI   NAME")
    assert word.split()[-3:] == ["-", "alice", "yes"]
    assert command("list_applications", "--search", "nothing at all").stdout == "No applications.\n"


@pytest.mark.usefixtures("applications")
def test_queries_are_those_of_portions_and_not_of_applications(
    command: Runner, django_assert_max_num_queries: Any
) -> None:
    for _number in range(30):
        ApplicationFactory.create()
    with django_assert_max_num_queries(4):
        assert len(uris(command)) == 33


@pytest.mark.parametrize("option", ["--owner", "--system-user"])
def test_a_user_that_is_none_is_refused_in_one_line(command: Runner, option: str) -> None:
    with nothing_stored():
        outcome = command("list_applications", option, "nobody", "--json")
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == "Error: there is no user named nobody.\n"
