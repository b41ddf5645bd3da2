"""What contract §1 promises of every command."""

from __future__ import annotations

import json
import shlex

import pytest
from django.core.management import get_commands

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.command_line import WITH_COMMANDS, Runner
from tests.factories import ResourceServerFactory, issued_pat, made_applications

# Django's own, which are taken away (tests/accounts/test_stock_commands.py).
REFUSED = {"createsuperuser", "flush", "loaddata"}
# Django's own with another beginning (tests/tokens_project/test_new_instance.py).
STOCK = {"migrate", "runserver"}
# It ends when it is told to (tests/tokens_project/test_serve.py).
SERVES = {"serve"}
# They need another database, or an empty one (tests/tokens_project/copying, tests/tokens_project/backups).
FILL_A_DATABASE = {"move_database", "restore"}
NOT_TRIED = REFUSED | STOCK | SERVES | FILL_A_DATABASE
COMMANDS = sorted(name for name, app in get_commands().items() if app in WITH_COMMANDS and name not in NOT_TRIED)
# The password that is typed into those that read one.
PASSWORD = "quiet heron under the bridge\n"

# Whose example creates what the others need.
MAKES_A_USER = {"create_user", "quickstart"}
MAKES_AN_APPLICATION = {"create_application", "quickstart"}


# They take files, which stand where the command is called.
NAMES_A_FILE = {"apply", "backup", "init", "verify_audit_log"}


@pytest.fixture
def typed(request: pytest.FixtureRequest, name: str) -> str:
    """What is typed into the example: alice's token, or a password.

    alice, com.example/excel and the token are there, but for what the command's example is there to create.
    """
    if name != "create_resource_server":
        ResourceServerFactory.create(name="Orders API")
    if name in MAKES_A_USER:
        return ""
    alice = request.getfixturevalue("alice")
    if name in MAKES_AN_APPLICATION:
        return ""
    issued = issued_pat(alice, request.getfixturevalue("application"))
    folder = request.getfixturevalue("tmp_path")
    if name in NAMES_A_FILE:
        request.getfixturevalue("monkeypatch").chdir(folder)
    if name == "apply":
        (folder / "tokens.yaml").write_text(request.getfixturevalue("command")("export_configuration").stdout)
    if name == "verify_audit_log":
        (folder / "audit-anchors").touch()
    return PASSWORD if name == "changepassword" else f"{issued.plaintext}\n"


def example_in_help(command: Runner, name: str) -> list[str]:
    """The words of the command line that stands at the end of the help."""
    outcome = command(name, "--help")
    assert (outcome.status, outcome.stderr) == (0, "")
    _text, _heading, example = outcome.stdout.partition("\nexample:\n")
    (line,) = example.strip().splitlines()
    # Where the output goes is the shell's.
    return shlex.split(line.partition(" > ")[0])


def test_commands_of_the_contract_are_there() -> None:
    assert {
        "create_user",
        "create_application",
        "update_application",
        "create_resource_server",
        "issue_token",
        "revoke_tokens",
        "list_tokens",
        "quickstart",
    } <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_example_in_the_help_runs(command: Runner, typed: str, name: str) -> None:
    example = example_in_help(command, name)
    outcome = command(*example, stdin=typed)
    assert example[0] == name
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.once
def test_example_prints_one_json_object_where_it_is_asked_to(command: Runner, typed: str, name: str) -> None:
    outcome = command(*example_in_help(command, name), "--json", stdin=typed)
    assert outcome.stdout == json.dumps(outcome.json) + "\n"


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("name", ["create_user", "create_application", "create_resource_server"])
@pytest.mark.once
def test_example_run_twice_is_refused_in_one_line(command: Runner, name: str) -> None:
    example = example_in_help(command, name)
    assert command(*example).status == 0
    assert command(*example).is_one_line_of_refusal


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.once
def test_unknown_option_is_wrong_usage(command: Runner, name: str) -> None:
    assert command(name, "--no-such-option").is_wrong_usage


def test_examples_tell_one_story(command: Runner) -> None:
    for name in ("create_user", "create_application", "create_resource_server", "issue_token", "update_application"):
        assert command(*example_in_help(command, name)).status == 0
    (listed,) = command(*example_in_help(command, "list_tokens"), "--json").json["tokens"]
    assert command(*example_in_help(command, "revoke_tokens"), "--json").json == {"revoked": 1}
    token = ReferenceToken.objects.get()
    assert listed["id"] == str(token.pk)
    assert (token.holder, token.application) == (User.objects.get(), made_applications().get())
    assert (token.revoked_at is None, token.revocation_reason) == (False, "Laptop stolen")
