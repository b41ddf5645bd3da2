"""`apply FILE` and `export_configuration` at the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from reference_tokens.models import ResourceServer, Webhook
from tests.command_line import BASE_DIR, Runner, nothing_stored
from tests.reference_tokens.commands.answering import Terminal
from trusted_apps.models import Scope

pytestmark = pytest.mark.django_db

SCHEMA = BASE_DIR / "docs" / "configuration.schema.json"
ONE_SCOPE = "scopes: [{name: report, description: See reports.}]"
WITH_SECRETS = """
resource_servers: [{name: Orders, all_applications: true}]
webhooks: [{url: "https://hooks.example.com/x", types: [token.revoked]}]
"""
PLAN = '+ scope report\n    name: "report"\n    description: "See reports."\n\n1 to add, 0 to change, 0 to remove\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.yaml"
    path.write_text(ONE_SCOPE)
    return path


def test_it_applies_and_says_what_that_changed(command: Runner, file: Path) -> None:
    outcome = command("apply", str(file), "--yes")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, PLAN, "")
    assert Scope.objects.filter(pk="report").exists()


def test_the_second_time_nothing_differs(command: Runner, file: Path) -> None:
    command("apply", str(file), "--yes")
    with nothing_stored():
        outcome = command("apply", str(file))
    assert (outcome.status, outcome.stdout) == (0, "Nothing differs: the instance is as the file says.\n")


def test_check_only_plans_and_its_status_says_whether_anything_differs(command: Runner, file: Path) -> None:
    with nothing_stored():
        outcome = command("apply", str(file), "--check")
    assert (outcome.status, outcome.stdout) == (3, PLAN)
    command("apply", str(file), "--yes")
    assert command("apply", str(file), "--check").status == 0


def test_json_has_the_plan(command: Runner) -> None:
    assert command("apply", "-", "--yes", "--json", stdin=ONE_SCOPE).json == {
        "applied": True,
        "changes": [
            {
                "sign": "+",
                "kind": "scope",
                "name": "report",
                "before": {},
                "after": {"name": "report", "description": "See reports."},
                "impact": {},
            }
        ],
        "secrets": [],
    }


def test_markdown_is_a_difference_for_a_pull_request(command: Runner, file: Path) -> None:
    command("apply", str(file), "--yes")
    file.write_text(ONE_SCOPE.replace("See reports", "Read ```reports```") + "\nsystem_users: [{username: robot}]")
    outcome = command("apply", str(file), "--check", "--markdown")
    assert outcome.status == 3
    assert outcome.stdout.splitlines() == [
        "**Reference tokens:** 1 to add, 1 to change, 0 to remove",
        "",
        "```diff",
        "! scope report",
        '-     description: "See reports."',
        "+     description: \"Read '''reports'''.\"",
        "+ System User robot",
        '+     username: "robot"',
        "```",
    ]
    file.write_text("scopes: []")
    assert command("apply", str(file), "--check", "--markdown").stdout.startswith("**Reference tokens:** Nothing")


def test_it_asks_and_shows_the_plan_first(command: Runner, file: Path) -> None:
    with nothing_stored():
        refused = command("apply", str(file), stdin=Terminal("no\n"))
    assert refused.status == 1
    assert refused.stderr.startswith(PLAN)
    assert refused.stderr.endswith("Type yes: Error: nothing was done.\n")
    assert command("apply", str(file), stdin=Terminal("yes\n")).status == 0
    assert Scope.objects.filter(pk="report").exists()


def test_secrets_are_printed_once(command: Runner, tmp_path: Path) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(WITH_SECRETS)
    outcome = command("apply", str(file), "--yes")
    assert f"client_id: {ResourceServer.objects.get().client_id}\nclient_secret: enrs_" in outcome.stdout
    assert "secret: whsec_" in outcome.stdout
    assert "secret: " not in command("apply", str(file), "--yes").stdout


def test_secrets_go_into_a_private_file_instead(command: Runner, tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    outcome = command("apply", "-", "--yes", "--secrets-to", str(path), stdin=WITH_SECRETS)
    assert outcome.status == 0
    assert "enrs_" not in outcome.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server, webhook = json.loads(path.read_text())
    assert (server["name"], server["client_secret"][:5]) == ("Orders", "enrs_")
    assert (webhook["id"], webhook["secret"][:6]) == (str(Webhook.objects.get().pk), "whsec_")


def test_a_secrets_file_that_is_there_stays_and_nothing_is_done(command: Runner, tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("precious")
    with nothing_stored():
        outcome = command("apply", "-", "--yes", "--secrets-to", str(path), stdin=WITH_SECRETS)
    assert (outcome.status, path.read_text()) == (1, "precious")
    assert "cannot be made" in outcome.stderr


def test_where_the_secrets_cannot_be_kept_nothing_is_done(
    command: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("reference_tokens.commands.configuration.os.fsync", fail)
    with nothing_stored():
        outcome = command("apply", "-", "--yes", "--secrets-to", str(tmp_path / "secrets.json"), stdin=WITH_SECRETS)
    assert (outcome.status, outcome.stderr.count("\n")) == (1, 1)
    assert "cannot be written: disk full. Nothing was done." in outcome.stderr
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["none.yaml"], "", "none.yaml cannot be read"),
        (["-", "--check"], "scopes: [", "-: line 1, column 10: This is no YAML"),
        (["-", "--check"], "scopes: [{name: a b, description: x}]", "nothing was done: /scopes/0/name: A scope is"),
        (["-", "--check"], "scope: []", "-: /scope: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_done(
    command: Runner, arguments: list[str], stdin: str, words: str
) -> None:
    with nothing_stored():
        outcome = command("apply", *arguments, stdin=stdin)
    assert outcome.status == 1
    assert words in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_what_changed_between_question_and_answer_is_not_overrun(
    command: Runner, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_args: object, **_options: object) -> None:
        Scope.objects.create(name="report", description="Other.")

    monkeypatch.setattr("reference_tokens.management.commands.apply.ask", answer)
    outcome = command("apply", str(file))
    assert (outcome.status, Scope.objects.get(pk="report").description) == (1, "Other.")
    assert "this instance was changed meanwhile" in outcome.stderr


def test_a_plan_that_changed_leaves_no_file_for_secrets(
    command: Runner, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_args: object, **_options: object) -> None:
        Scope.objects.create(name="report", description="Other.")

    monkeypatch.setattr("reference_tokens.management.commands.apply.ask", answer)
    assert command("apply", str(file), "--secrets-to", str(tmp_path / "secrets.json")).status == 1
    assert not (tmp_path / "secrets.json").exists()


def test_a_plan_shows_what_a_member_was_and_becomes(command: Runner, file: Path) -> None:
    command("apply", str(file), "--yes")
    file.write_text(ONE_SCOPE.replace("See", "Read"))
    assert '    description: "See reports." → "Read reports."' in command("apply", str(file), "--check").stdout


def test_the_export_is_a_file_without_a_secret_that_changes_nothing(command: Runner, tmp_path: Path) -> None:
    command("apply", "-", "--yes", stdin=WITH_SECRETS)
    exported = command("export_configuration")
    assert "enrs_" not in exported.stdout
    assert "whsec_" not in exported.stdout
    assert command("apply", "-", "--check", stdin=exported.stdout).status == 0
    as_json = command("export_configuration", "--json").stdout
    assert command("apply", "-", "--check", "--prune", stdin=as_json).status == 0


def test_the_published_schema_is_that_of_the_files(command: Runner) -> None:
    assert json.loads(SCHEMA.read_text()) == command("export_configuration", "--schema", "--json").json
    assert SCHEMA.read_text() == command("export_configuration", "--schema").stdout
