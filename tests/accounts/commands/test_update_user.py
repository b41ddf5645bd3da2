from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.models import AuditEvent, User
from tests.command_line import Runner, nothing_stored
from tests.factories import PASSWORD, UserFactory
from tests.pages import signed_in

NAMES = ["id", "username", "kind", "name", "email", "is_active", "is_administrator", "has_second_factor", "groups"]


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


def test_update_user_changes_what_is_given_and_says_who_they_are(command: Runner, alice: User) -> None:
    document = command("update_user", "ALICE", "--name", "Alice E.", "--email", "alice@example.com", "--json").json
    alice.refresh_from_db()
    assert (alice.name, alice.email, alice.username) == ("Alice E.", "alice@example.com", "alice")
    assert list(document) == [*NAMES, "last_sign_in_at"]
    assert (document["username"], document["kind"], document["groups"]) == ("alice", "person", [])


def test_what_is_not_given_stays_and_nothing_is_recorded(command: Runner, alice: User) -> None:
    with nothing_stored():
        assert command("update_user", "alice").stdout == "alice is active.\n"


def test_aud1_a_change_is_recorded_as_the_operator(command: Runner, alice: User) -> None:
    command("update_user", "alice", "--name", "Alice E.")
    entry = AuditEvent.objects.get()
    assert (entry.action, entry.source, entry.actor_type) == ("user:update", "command", "operator")
    assert entry.details == {"changed": ["name"]}


def test_groups_are_exchanged_by_name(command: Runner, alice: User) -> None:
    for name in ("Old", "Developers", "Support"):
        Group.objects.create(name=name)
    alice.groups.add(Group.objects.get(name="Old"))
    arguments = ["update_user", "alice", "--group", "developers", "--group", "Support", "--json"]
    assert command(*arguments).json["groups"] == ["Developers", "Support"]
    assert command("update_user", "alice", "--no-group", "--json").json["groups"] == []


def test_a_system_user_is_renamed_and_a_person_is_not(command: Runner, alice: User) -> None:
    UserFactory.create(username="robot", system=True)
    assert command("update_user", "robot", "--new-username", "machine", "--json").json["username"] == "machine"
    with nothing_stored():
        outcome = command("update_user", "alice", "--new-username", "alison")
    assert outcome.stderr == "Error: username: The user name of a person stays as it is.\n"


def test_rights_are_given_and_removed_and_sessions_end(command: Runner, alice: User, administrator: User) -> None:
    User.objects.get(username="ada").set_password(PASSWORD)
    client = signed_in(alice)
    assert command("update_user", "alice", "--administrator").stdout == "alice is active and an administrator.\n"
    assert client.get("/profile/").status_code == 302
    administrator.set_password(PASSWORD)
    administrator.save()
    assert command("update_user", "alice", "--no-administrator").stdout == "alice is active.\n"
    assert [action for action in actions() if action.endswith("administrator")] == [
        "user:make_administrator",
        "user:unmake_administrator",
    ]


def test_peo2_the_last_administrator_stays_one_and_nothing_else_is_changed(
    command: Runner, administrator: User
) -> None:
    with nothing_stored():
        outcome = command("update_user", "ada", "--name", "Another", "--no-administrator")
    assert outcome.is_one_line_of_refusal
    assert "This is the last administrator who can sign in." in outcome.stderr
    administrator.refresh_from_db()
    assert administrator.name != "Another"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "there is no user named nobody."),
        (["deleted-1"], "deleted-1 is deleted."),
        (["alice", "--name", "A\nB"], "name: Remove the invisible characters."),
        (["alice", "--email", "alice"], "email: Enter a valid email address."),
        (["alice", "--email", "BOB@example.com"], "Another user has this e-mail address."),
        (["alice", "--group", "Nobodies"], "there is no group named Nobodies."),
        (["robot", "--email", "robot@example.com"], "email: A System User has no e-mail address."),
        (["robot", "--administrator"], "a System User cannot be an administrator."),
        (["idle", "--administrator"], "idle is inactive: reactivate_user comes first."),
    ],
)
def test_update_user_refuses_bad_input_in_one_line(
    command: Runner, alice: User, arguments: list[str], message: str
) -> None:
    UserFactory.create(username="bob", email="bob@example.com")
    UserFactory.create(username="robot", system=True)
    UserFactory.create(username="idle", inactive=True)
    UserFactory.create(username="deleted-1", inactive=True, deleted_at="2026-01-01T00:00Z")
    with nothing_stored():
        outcome = command("update_user", *arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"
