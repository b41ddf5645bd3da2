from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from tests.command_line import Runner, nothing_stored
from tests.factories import UserFactory, made_applications
from trusted_apps.models import TrustedApplication

URI = "com.example/word"
BOTH = pytest.mark.parametrize("name", ["create_application", "update_application"])


def stored() -> TrustedApplication:
    return made_applications().get()


def test_pol1_create_application_without_a_policy_is_open_to_nobody(command: Runner) -> None:
    outcome = command("create_application", URI)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout == "Registered com.example/word; its AccessTokens policy is None.\n"
    assert stored().access_tokens_policy == "None"


def test_create_application_without_options_is_named_by_its_uri_and_reads_and_updates(command: Runner) -> None:
    command("create_application", URI)
    assert (stored().name, stored().scopes, stored().is_enabled) == (URI, ("read", "update"), True)


def test_create_application_prints_one_json_object(command: Runner) -> None:
    UserFactory.create(username="robot", system=True)
    arguments = [
        "--name",
        "Word",
        "--access-tokens",
        "AdministratorsOnly",
        "--scopes",
        "read",
        "--system-user",
        "robot",
    ]
    document = command("create_application", URI, *arguments, "--json").json
    assert document == {
        "id": str(stored().pk),
        "application_uri": URI,
        "name": "Word",
        "access_tokens": "AdministratorsOnly",
        "scopes": ["read"],
        "system_user": "robot",
        "enabled": True,
    }


@BOTH
@pytest.mark.parametrize(
    ("arguments", "column", "value"),
    [
        (["--name", "Writer"], "name", "Writer"),
        (["--description", "Writes."], "description", "Writes."),
        (["--access-tokens", "AuthenticatedUsers"], "access_tokens_policy", "AuthenticatedUsers"),
        (["--scopes", "update read"], "scopes", ("read", "update")),
        (["--max-lifetime-days", "7"], "max_lifetime_days", 7),
        (["--max-lifetime-days", "0"], "max_lifetime_days", None),
        (["--allow-no-expiry"], "allows_tokens_without_expiry", True),
        (["--no-allow-no-expiry"], "allows_tokens_without_expiry", False),
        (["--allow-self-rotation"], "allows_self_rotation", True),
        (["--no-allow-self-rotation"], "allows_self_rotation", False),
        (["--disabled"], "is_enabled", False),
    ],
)
@pytest.mark.once
def test_option_sets_its_column(command: Runner, name: str, arguments: list[str], column: str, value: Any) -> None:
    if name == "update_application":
        command("create_application", URI, "--scopes", "read", "--max-lifetime-days", "3")
    assert command(name, URI, *arguments).status == 0
    assert getattr(stored(), column) == value


def test_the_last_scope_may_be_taken_away_and_none_is_not_begun_with(command: Runner) -> None:
    refused = command("create_application", URI, "--scopes", "")
    assert (refused.status, refused.stderr.count("\n")) == (1, 1)
    assert "Choose at least one scope" in refused.stderr
    command("create_application", URI)
    assert command("update_application", URI, "--scopes", "").status == 0
    assert stored().scopes == ()


@BOTH
def test_option_sets_owners_and_system_user_named_in_any_case(
    command: Runner, alice: User, bob: User, name: str
) -> None:
    robot = UserFactory.create(username="robot", system=True)
    if name == "update_application":
        command("create_application", URI)
    command(name, URI, "--owner", "ALICE", "--owner", "bob", "--system-user", "Robot")
    assert set(stored().owners.all()) == {alice, bob}
    assert stored().system_user == robot


def test_update_application_says_what_holds_now(command: Runner) -> None:
    command("create_application", URI)
    outcome = command("update_application", URI, "--disabled", "--access-tokens", "AuthenticatedUsers")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout == "com.example/word is disabled; its AccessTokens policy is AuthenticatedUsers.\n"


def test_update_application_enables_again(command: Runner) -> None:
    command("create_application", URI, "--disabled")
    outcome = command("update_application", URI, "--enabled", "--json")
    assert (outcome.json["enabled"], stored().is_enabled) == (True, True)


def test_update_application_finds_the_uri_in_any_case(command: Runner) -> None:
    command("create_application", URI)
    assert (
        command("update_application", "COM.EXAMPLE/Word", "--name", "Writer", "--json").json["application_uri"] == URI
    )


def test_update_application_takes_the_system_user_away(command: Runner) -> None:
    UserFactory.create(username="robot", system=True)
    command("create_application", URI, "--system-user", "robot")
    assert command("update_application", URI, "--system-user", "", "--json").json["system_user"] is None


def test_update_application_leaves_what_is_not_given(command: Runner, application: TrustedApplication) -> None:
    before = made_applications().values().get()
    with nothing_stored():
        assert command("update_application", application.application_uri).status == 0
    assert made_applications().values().get() == before


def test_aud1_commands_are_recorded_as_the_operator(command: Runner) -> None:
    command("create_application", URI)
    command("update_application", URI, "--disabled")
    events = AuditEvent.objects.order_by("seq").values_list("action", "source", "actor_type")
    assert list(events) == [
        ("application:create", "command", "operator"),
        ("application:update", "command", "operator"),
    ]


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", ""], "name: This field cannot be blank."),
        (["--name", "Wo\nrd"], "name: Remove the invisible characters."),
        (["--scopes", "read fly"], "scopes: Unknown scope: fly."),
        (["--scopes", "read fl\x1b[2Jy"], r"scopes: Unknown scope: fl\x1b[2Jy."),
        (["--system-user", "nobody"], "there is no user named nobody."),
        (["--system-user", "no\nbody"], r"there is no user named no\nbody."),
        (["--system-user", "alice"], "system_user: alice is a person; choose a System User."),
        (["--owner", "nobody"], "there is no user named nobody."),
        (["--owner", "alice", "--owner", "robot"], "owners: An owner is a person, not a System User: robot."),
        (["--max-lifetime-days", "-1"], "max_lifetime_days: Ensure this value is greater than or equal to 1."),
        (["--max-lifetime-days", "9" * 30], "max_lifetime_days: Ensure this value is less than or equal to 36500."),
    ],
)
@pytest.mark.usefixtures("alice", "application")
def test_bad_input_is_refused_in_one_line(command: Runner, name: str, arguments: list[str], message: str) -> None:
    UserFactory.create(username="robot", system=True)
    uri = "com.example/new" if name == "create_application" else "com.example/excel"
    with nothing_stored():
        outcome = command(name, uri, *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


def test_create_application_refuses_a_uri_that_is_taken(command: Runner, application: TrustedApplication) -> None:
    with nothing_stored():
        outcome = command("create_application", "COM.example/EXCEL")
    assert outcome.is_one_line_of_refusal
    assert "Another Trusted Application has this URI." in outcome.stderr


@pytest.mark.parametrize("uri", ["com.example/new", "", "com.example/%", "com\nexample", "com.example/\udcff"])
def test_update_application_refuses_a_uri_that_nobody_has(
    command: Runner, application: TrustedApplication, uri: str
) -> None:
    with nothing_stored():
        outcome = command("update_application", uri, "--name", "Other")
    assert outcome.is_one_line_of_refusal


@BOTH
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [URI, "--access-tokens", "Everybody"],
        [URI, "--access-tokens", "none"],
        [URI, "--max-lifetime-days", "many"],
        [URI, "--unknown"],
    ],
)
@pytest.mark.once
def test_wrong_usage_is_refused(command: Runner, name: str, arguments: list[str]) -> None:
    with nothing_stored():
        assert command(name, *arguments).is_wrong_usage


@pytest.mark.once
def test_update_application_cannot_both_enable_and_disable(command: Runner, application: TrustedApplication) -> None:
    assert command("update_application", application.application_uri, "--enabled", "--disabled").is_wrong_usage
