from __future__ import annotations

import pytest

from accounts.models import AuditEvent, User
from tests.command_line import Runner, nothing_stored
from tests.factories import PASSWORD


def test_create_user_says_whom_it_created(command: Runner) -> None:
    outcome = command("create_user", "carol")
    user = User.objects.get()
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"Created carol ({user.pk}).\n", "")


def test_create_user_prints_one_json_object(command: Runner) -> None:
    document = command("create_user", "carol", "--administrator", "--json").json
    assert document == {
        "id": str(User.objects.get().pk),
        "username": "carol",
        "kind": "PERSON",
        "administrator": True,
    }


def test_create_user_keeps_name_and_email(command: Runner) -> None:
    assert command("create_user", "carol", "--name", "Carol Example", "--email", "carol@example.com").status == 0
    user = User.objects.get()
    assert (user.name, user.email, user.is_administrator) == ("Carol Example", "carol@example.com", False)


def test_peo1_create_user_makes_a_system_user(command: Runner) -> None:
    assert command("create_user", "robot", "--system", "--json").json["kind"] == "SYSTEM"
    assert not User.objects.get().has_usable_password()


def test_create_user_reads_the_password_from_standard_input(command: Runner) -> None:
    outcome = command("create_user", "carol", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert outcome.status == 0
    assert PASSWORD not in outcome.stdout
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.once
def test_create_user_takes_no_password_as_an_argument(command: Runner) -> None:
    with nothing_stored():
        assert command("create_user", "carol", f"--password={PASSWORD}").is_wrong_usage


def test_create_user_without_a_password_asks_for_none(command: Runner) -> None:
    assert command("create_user", "carol", stdin=f"{PASSWORD}\n").status == 0
    assert not User.objects.get().has_usable_password()


def test_aud1_create_user_is_recorded_as_the_operator(command: Runner) -> None:
    command("create_user", "carol")
    event = AuditEvent.objects.get()
    assert (event.action, event.source, event.actor_type) == ("user:create", "command", "operator")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["ALICE"], "", "This user name is taken."),
        (["a b"], "", "username: Use only letters"),
        (["carol\n"], "", "username: Use only letters"),
        (["carol\udcff"], "", "username: Use only letters"),
        ([""], "", "username: This field cannot be blank."),
        (["carol", "--name", "Ca\u202erol"], "", "name: Remove the invisible characters."),
        (["carol", "--name", "Carol\nExample"], "", "name: Remove the invisible characters."),
        (["carol", "--email", "carol"], "", "email: Enter a valid email address."),
        (["carol", "--password-stdin"], "", "no password on standard input."),
        (["carol", "--password-stdin"], "short\n", "This password is too short."),
        (["carol", "--password-stdin"], "not UTF-8 at all: \udcff\n", "what was given is not UTF-8 text."),
        (["robot", "--system", "--password-stdin"], f"{PASSWORD}\n", "A System User cannot have a password."),
    ],
)
def test_create_user_refuses_bad_input_in_one_line(
    command: Runner, alice: User, arguments: list[str], stdin: str, message: str
) -> None:
    with nothing_stored():
        outcome = command("create_user", *arguments, stdin=stdin)
    assert outcome.is_one_line_of_refusal
    assert outcome.stderr.startswith("Error: ")
    assert message in outcome.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["robot", "--system", "--administrator"], ["carol", "dave"], ["carol", "--unknown"], ["carol", "--name"]],
)
@pytest.mark.once
def test_create_user_refuses_wrong_usage(command: Runner, arguments: list[str]) -> None:
    with nothing_stored():
        assert command("create_user", *arguments).is_wrong_usage
