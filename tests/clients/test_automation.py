"""docs/automation.md: every file and command of its recipes, against the running service."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validate

from tests.clients.automation import FILES, MANAGEMENT_API, Recipes, blocks, document, losing_an_answer
from tests.command_line import BASE_DIR
from tests.receiver import receiver
from tests.service import Service

pytestmark = pytest.mark.once

KEEP = "cat >kept"


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, str]:
    """Those that the guide issues, by its own commands: one that may do all, and one that may only read."""
    commands = [shlex.split(line)[2:] for line in "\n".join(blocks("sh")).splitlines() if "manage.py" in line]
    assert [command[0] for command in commands] == ["create_user", "update_application", "issue_token"]
    all_scopes = [service.manage(*command) for command in commands][-1]["token"]
    reading = ["--service", "--scopes", "instance:read", "--expires-in-days", "90"]
    reads = service.manage("issue_token", "--application", MANAGEMENT_API, *reading)["token"]
    return {"instance:write": all_scopes, "instance:read": reads}


@pytest.fixture
def recipes(tmp_path: Path, service: Service, tokens: dict[str, str]) -> Recipes:
    return Recipes(tmp_path, service, tokens)


def said(outcome: subprocess.CompletedProcess[str], status: int = 0) -> str:
    """What a command printed; it ended with this status."""
    assert outcome.returncode == status, outcome.stdout + outcome.stderr
    return outcome.stdout


def job_of_gitlab(name: str, recipes: Recipes, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a job as GitLab does: its variables, then its script, in bash."""
    job = document("gitlab-ci.yml")[name]
    given = {"PLAN_TOKEN": recipes.tokens["instance:read"], "APPLY_TOKEN": recipes.tokens["instance:write"], **more}
    variables = {key: given[value.removeprefix("$")] for key, value in job["variables"].items()}
    return recipes.script(job["script"], **given, **variables, token=variables["REFERENCE_TOKENS_TOKEN"])


def job_of_github(name: str, recipes: Recipes, **known: str) -> subprocess.CompletedProcess[str]:
    """Run a job as GitHub does: its environment, then each step that runs something."""
    job, expression = document("github-actions.yml")["jobs"][name], re.compile(r"\$\{\{ (.+) \}\}")
    given = {
        "secrets.PLAN_TOKEN": recipes.tokens["instance:read"],
        "secrets.APPLY_TOKEN": recipes.tokens["instance:write"],
        "secrets.STORE_SECRETS": KEEP,
        **known,
    }
    names = {key: expression.fullmatch(value) for key, value in job["env"].items()}
    environment = {key: given[match[1]] for key, match in names.items() if match}
    token = environment.pop("REFERENCE_TOKENS_TOKEN")
    steps = [step["run"] for step in job["steps"] if "run" in step]
    return recipes.script(steps, token=token, **environment)


def test_examples_of_the_first_calls_answer_as_the_guide_says(recipes: Recipes) -> None:
    first, *examples = blocks("curl")
    outputs = [said(recipes.script([first, example], shell="sh")) for example in examples]
    me, refused, repeated, changed, tried, listed = outputs
    assert '"username": "svc-automation"' in me
    assert '"openapi": "3.1' in me
    assert json.loads(refused)["errors"][0]["pointer"].startswith("#/")
    once, twice = repeated[: len(repeated) // 2], repeated[len(repeated) // 2 :]
    assert once == twice
    assert "See the stock." in once
    assert json.loads(changed)["description"] == "See all stock."
    assert tried == ""
    assert len(json.loads(listed)["items"]) == 1
    assert said(recipes.script([first, 'call "$API/scopes/stock.read"'], shell="sh")) == changed


def test_pipelines_plan_apply_and_find_drift(recipes: Recipes, tokens: dict[str, str], service: Service) -> None:
    validate(json.loads((recipes.folder / "configuration.schema.json").read_text()), document("tokens.yaml"))
    with receiver() as comments:
        api = comments.url.partition("/hook")[0]
        of_merge_request = {"CI_API_V4_URL": api, "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "3"}
        plan = said(job_of_gitlab("plan", recipes, COMMENT_TOKEN="glpat", **of_merge_request))
        address = {"github.token": "ghs", "github.event.pull_request.comments_url": f"{api}/comments"}
        assert said(job_of_github("plan", recipes, **address)) == plan
        note, comment = comments.requests
    assert "com.example/orders" in plan
    assert (note.path, note.headers["private-token"]) == ("/projects/7/merge_requests/3/notes", "glpat")
    assert note.body.startswith(b"body=%2A%2AReference")
    assert (comment.path, json.loads(comment.body)["body"]) == ("/comments", plan)
    # Nothing is applied whose secrets nobody keeps; nothing by a token that may only read.
    assert "Set STORE_SECRETS" in job_of_gitlab("apply", recipes).stderr
    refused = recipes.run("sh", "configuration.sh", "apply", token="instance:read", STORE_SECRETS=KEEP)
    assert (refused.returncode, "instance:write" in refused.stderr) == (1, True)
    said(job_of_gitlab("drift", recipes), status=3)

    applied = job_of_gitlab("apply", recipes, STORE_SECRETS=KEEP)
    assert said(applied) == plan
    kept = json.loads((recipes.folder / "kept").read_text())
    assert kept[0]["client_secret"].startswith("enrs_")
    assert "enrs_" not in applied.stdout + applied.stderr
    for again in (job_of_github("apply", recipes), job_of_gitlab("drift", recipes), job_of_github("drift", recipes)):
        assert "Nothing differs" in said(again)

    service.manage("update_application", "com.example/orders", "--max-lifetime-days", "30")
    assert "max_lifetime_days" in said(job_of_github("drift", recipes), status=3)
    (recipes.folder / "tokens.yaml").write_text("scopes: [")
    assert "line 1" in recipes.run("sh", "configuration.sh", "plan").stderr
    assert "configuration.sh plan" in recipes.run("sh", "configuration.sh").stderr


def test_weekly_job_keeps_the_new_value_of_its_token(recipes: Recipes, service: Service) -> None:
    service.manage("update_application", "com.example/excel", "--allow-self-rotation")
    token, job = service.token("--user", "alice"), document("rotate-gitlab-ci.yml")["rotate"]
    with receiver() as gitlab:
        more = {"CI_API_V4_URL": gitlab.url.partition("/hook")[0], "CI_PROJECT_ID": "7", "CI_TOKEN": "glpat"}
        said(recipes.script(job["script"], REPORT_TOKEN=token, **more))
        (stored,) = gitlab.requests
    new = stored.body.decode().removeprefix("value=")
    assert (stored.path, service.holder_of(new)) == ("/projects/7/variables/REPORT_TOKEN", "alice")
    said(recipes.script(job["after_script"]))
    assert not (recipes.folder / "token").exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_units_are_as_systemd_wants_them(tmp_path: Path) -> None:
    for name in ("rotate-token.service", "rotate-token.timer"):
        # The job of the guide is not on this machine.
        text = (FILES / name).read_text().replace("/opt/report/rotate-token.sh", "/bin/true")
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in ("rotate-token.service", "rotate-token.timer")]
    ended = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (ended.returncode, [line for line in ended.stderr.splitlines() if "rotate-token" in line]) == (0, [])


def command_of(program: str) -> list[str]:
    """The command of the guide with this file."""
    (line,) = [line for block in blocks("sh") for line in block.splitlines() if line.split()[1:2] == [program]]
    return shlex.split(line)


def test_application_is_onboarded_once_and_its_token_is_in_the_store(recipes: Recipes, service: Service) -> None:
    command = command_of("onboard.py")[:5]
    failed = recipes.run(*command, "false")
    assert failed.returncode == 1
    assert "returned non-zero exit status" in failed.stderr
    assert said(recipes.run(*command, "sh", "-c", KEEP)).startswith("The store has its token")
    assert said(recipes.run(*command, "sh", "-c", KEEP)) == "It has a token already.\n"
    token = (recipes.folder / "kept").read_text()
    answer = service.ask("GET", "/api/token", Authorization=f"Bearer {token}")
    assert json.loads(answer.body)["username"] == "svc-stock"
    told: dict[str, Any] = service.manage("list_tokens", "--application", "com.example/stock", "--state", "all")
    assert sorted(bool(one["revoked_at"]) for one in told["tokens"]) == [False, True]


def test_token_whose_answer_is_lost_is_issued_once_and_revoked(recipes: Recipes, service: Service) -> None:
    uri, username = f"com.example/{service.unused('lost')}", service.unused("svc-lost")
    with losing_an_answer(service, "/tokens") as address:
        failed = recipes.run(
            "python3", "onboard.py", uri, username, "read", "sh", "-c", KEEP, REFERENCE_TOKENS_URL=address
        )
    assert (failed.returncode, "it is not shown twice" in failed.stderr) == (1, True), failed.stderr
    (token,) = service.manage("list_tokens", "--application", uri, "--state", "all")["tokens"]
    assert token["revoked_at"]


def test_leaver_hands_over_and_is_deactivated_with_their_tokens(recipes: Recipes, service: Service) -> None:
    bob, alice = service.person("bob"), service.person("alice")
    service.manage("create_application", f"com.example/{bob}", "--access-tokens", "AuthenticatedUsers", "--owner", bob)
    token = service.token("--user", bob)
    command = [*command_of("leaver.py")[:2], bob, alice]
    told = said(recipes.run(*command))
    assert f"handed over: com.example/{bob}" in told
    assert "revoked: com.example/excel" in told
    assert service.holder_of(token) is None
    assert said(recipes.run(*command)) == ""
    assert "nobody called nobody" in recipes.run(*command[:2], "nobody", alice).stderr


def test_playbook_changes_once(recipes: Recipes, service: Service) -> None:
    (line,) = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("ansible")]
    command = shlex.split(line.replace("https://tokens.example.com", service.address))
    runs = [said(recipes.run(*command, *more)) for more in (["--check"], [], [])]
    assert [f"changed={count}" in run for count, run in zip((1, 1, 0), runs, strict=True)] == [True] * 3, runs
    assert "com.example/labels" in runs[0]
    assert not any(token in run for token in recipes.tokens.values() for run in runs)


def test_every_call_of_the_table_for_terraform_is_there(service: Service) -> None:
    table = (BASE_DIR / "docs" / "automation.md").read_text().partition("\n## Terraform\n")[2]
    named = re.findall(r"`(POST|GET|PATCH|DELETE) (/[^`]+)`", table)
    assert len(named) > 30
    paths = json.loads(service.ask("GET", "/api/v1/openapi.json").body)["paths"]
    there = {(method.upper(), re.sub(r"\{\w+\}", "*", path)) for path, calls in paths.items() for method in calls}
    assert {(method, "/api/v1" + re.sub(r"[A-Z]+", "*", path)) for method, path in named} <= there
