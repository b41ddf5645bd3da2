"""TOK-11: people are deactivated, reactivated and deleted at the command line, with their tokens."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner, nothing_stored
from tests.factories import UserFactory, issued_pat
from tests.pages import signed_in
from tests.reference_tokens.commands.answering import Meanwhile, Terminal
from tests.reference_tokens.commands.issued import Issued
from trusted_apps.models import TrustedApplication


def actions() -> list[str]:
    return [event.action for event in AuditEvent.objects.order_by("seq") if event.target_type in {"user", "revocation"}]


def test_tok11_a_person_is_deactivated_with_tokens_that_come_back(command: Runner, issued: Issued, alice: User) -> None:
    client = signed_in(alice)
    told = {"id": str(alice.pk), "username": "alice"}
    done = command("deactivate_user", "ALICE", "--yes", "--json").json
    assert done == told | {"is_active": False, "changed": True, "revoked": 0}
    assert client.get("/profile/").status_code == 302
    assert issued.live() == "of_bob sat"
    assert command("reactivate_user", "alice", "--json").json == told | {"is_active": True, "changed": True}
    assert issued.live() == "old new of_bob sat"
    entry = AuditEvent.objects.get(action="user:deactivate")
    assert (entry.source, entry.actor_type) == ("command", "operator")


def test_tok11_where_it_is_asked_their_tokens_are_revoked_in_the_same_act(command: Runner, issued: Issued) -> None:
    outcome = command("deactivate_user", "alice", "--tokens", "revoke", "--yes")
    assert outcome.stdout == "alice is inactive.\nRevoked 2 tokens.\n"
    assert command("reactivate_user", "alice").stdout == "alice is active.\n"
    assert issued.live() == "of_bob sat"


def test_twice_is_no_error_and_says_so(command: Runner, alice: User) -> None:
    assert command("reactivate_user", "alice").stdout == "alice was active already.\n"
    command("deactivate_user", "alice", "--tokens", "revoke", "--yes")
    with nothing_stored():
        outcome = command("deactivate_user", "alice", "--tokens", "revoke", "--yes")
    assert outcome.stdout == "alice was inactive already.\n"


def test_tokens_of_somebody_inactive_are_not_said_to_be_revoked(command: Runner, issued: Issued) -> None:
    command("deactivate_user", "alice", "--yes")
    outcome = command("deactivate_user", "alice", "--tokens", "revoke", "--yes")
    assert outcome.is_one_line_of_refusal
    assert "revoke_tokens --user alice revokes the rest." in outcome.stderr
    assert command("revoke_tokens", "--user", "alice", "--yes", "--json").json == {"revoked": 2}


def test_tok11_a_deleted_person_is_forgotten_and_their_tokens_are_revoked(
    command: Runner, issued: Issued, alice: User
) -> None:
    document = command("delete_user", "alice", "--yes", "--json").json
    assert document == {"id": str(alice.pk), "username": "alice", "revoked": 2}
    alice.refresh_from_db()
    assert (alice.deleted_at is None, alice.name) == (False, "")
    assert issued.live() == "of_bob sat"
    assert command("delete_user", "alice", "--yes").stderr == "Error: there is no user named alice.\n"
    assert command("reactivate_user", alice.username).stderr == f"Error: {alice.username} is deleted.\n"


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (
            ["deactivate_user", "alice"],
            "Deactivate alice? 2 tokens that act as them: refused until they are reactivated. Their sessions end. ",
        ),
        (
            ["deactivate_user", "alice", "--tokens", "revoke"],
            "Deactivate alice? 2 tokens that act as them: revoked for good. Their sessions end. ",
        ),
        (["delete_user", "alice"], "Delete alice? 2 tokens that act as them: revoked. This cannot be undone. "),
        (["delete_user", "carol"], "Delete carol? This cannot be undone. "),
    ],
)
def test_it_is_asked_first_with_what_becomes_of_tokens(
    command: Runner, issued: Issued, arguments: list[str], question: str
) -> None:
    UserFactory.create(username="carol")
    with nothing_stored():
        outcome = command(*arguments, stdin=Terminal("no\n"))
    assert (outcome.status, outcome.stderr) == (1, f"{question}Type yes: Error: nothing was done.\n")
    assert command(*arguments, stdin=Terminal("yes\n")).status == 0
    assert actions()


@pytest.mark.parametrize("name", ["deactivate_user", "delete_user"])
def test_many1_where_other_tokens_act_as_them_after_the_question_it_asks_again(
    command: Runner, issued: Issued, alice: User, application: TrustedApplication, name: str
) -> None:
    terminal = Meanwhile(lambda: issued_pat(alice, application), "yes\n", "no\n")
    outcome = command(name, "alice", stdin=terminal)
    assert outcome.status == 1
    assert "Nothing was done: other tokens act as this user than those you were asked about.\n" in outcome.stderr
    assert "3 tokens that act as them" in outcome.stderr
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


@pytest.mark.parametrize("name", ["deactivate_user", "delete_user"])
def test_peo2_the_last_administrator_stays(command: Runner, administrator: User, name: str) -> None:
    with nothing_stored():
        outcome = command(name, "ada", "--yes")
    assert outcome.is_one_line_of_refusal
    assert "This is the last administrator who can sign in." in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["deactivate_user", "alice"], "give --yes to do it without being asked."),
        (["deactivate_user", "nobody", "--yes"], "there is no user named nobody."),
        (
            ["deactivate_user", "robot", "--tokens", "revoke", "--yes"],
            "robot is a System User: revoke_tokens --application revokes what acts as it.",
        ),
        (["reactivate_user", "nobody"], "there is no user named nobody."),
        (["delete_user", "nobody", "--yes"], "there is no user named nobody."),
        (
            ["delete_user", "robot", "--yes"],
            "robot is a System User, which is deactivated and not deleted: deactivate_user robot",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(command: Runner, alice: User, arguments: list[str], message: str) -> None:
    UserFactory.create(username="robot", system=True)
    with nothing_stored():
        outcome = command(*arguments)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr == f"Error: {message}\n"


def test_a_system_user_is_deactivated_and_what_acts_as_it_stops(command: Runner, issued: Issued) -> None:
    assert issued.sat.token.application.system_user
    username = issued.sat.token.application.system_user.username
    command("deactivate_user", username, "--yes")
    assert issued.live() == "old new of_bob"
    command("reactivate_user", username)
    assert issued.live() == "old new of_bob sat"
