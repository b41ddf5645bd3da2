"""The instance as a document, by program."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.configuration.kinds import applications
from reference_tokens.management_api.requests import MAXIMUM_BODY_LENGTH
from reference_tokens.policy.change import ImpactChoices
from tests.factories import UserFactory, issued_pat
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

DOCUMENT = {
    "scopes": [{"name": "report", "description": "See reports."}],
    "resource_servers": [{"name": "Orders", "all_applications": True}],
}
NOTHING = {
    "changes": [],
    "secrets": [],
    "markdown": "**Reference tokens:** Nothing differs: the instance is as the file says.",
}
DOCUMENT_AS_YAML = """
# As somebody writes it.
scopes:
  - {name: report, description: See reports.}
resource_servers:
  - {name: Orders, all_applications: true}
"""


def post_yaml(program: Program, query: str, body: bytes | str) -> Any:
    return program.call("POST", f"/configuration{query}", body, content_type="application/yaml")


def test_a_document_is_applied_and_its_secrets_are_shown_once(automation: Program) -> None:
    first = automation.post("/configuration", DOCUMENT, Idempotency_Key="one")
    assert first.status_code == 200, first.content
    assert [change["name"] for change in first.json()["changes"]] == ["report", "Orders"]
    assert first.json()["secrets"][0]["client_secret"].startswith("enrs_")
    assert AuditEvent.objects.filter(source="api", actor_type="api_token", action="scope:create").exists()
    again = automation.post("/configuration", DOCUMENT, Idempotency_Key="one")
    assert again.status_code == 409
    assert again.json()["secrets"] == [first.json()["secrets"][0] | {"client_secret": None}], "it says what was made"
    assert automation.post("/configuration", DOCUMENT).json() == NOTHING


def test_a_dry_run_is_the_plan(automation: Program) -> None:
    answer = automation.post("/configuration?dry_run=true", DOCUMENT).json()
    assert [change["sign"] for change in answer["changes"]] == ["+", "+"]
    assert answer["secrets"][0]["client_secret"] is None
    assert not Scope.objects.filter(pk="report").exists()


def test_what_is_exported_changes_nothing(automation: Program) -> None:
    automation.post("/configuration", DOCUMENT)
    exported = automation.get("/configuration")
    assert exported.json()["scopes"][-1]["name"] == "update"
    answer = automation.post("/configuration?prune=true", exported.json())
    assert answer.json() == NOTHING, answer.content


def test_every_fault_has_a_pointer(automation: Program) -> None:
    answer = automation.post("/configuration", {"scopes": [{"name": "a b", "description": "x"}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/scopes/0/name")
    answer = automation.post("/configuration", {"scopes": [{"name": "a"}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/scopes/0/description")


def test_yaml_is_taken_as_json_is(automation: Program) -> None:
    planned = post_yaml(automation, "?dry_run=true", DOCUMENT_AS_YAML).json()
    assert planned["changes"] == automation.post("/configuration?dry_run=true", DOCUMENT).json()["changes"]
    assert post_yaml(automation, "", DOCUMENT_AS_YAML).status_code == 200
    assert automation.post("/configuration", DOCUMENT).json() == NOTHING


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ("scopes: [", 400, "line 1, column 10: This is no YAML"),
        ('scopes: !!timestamp "x"', 400, "This is no YAML."),
        ('scopes: !!int ""', 400, "This is no YAML."),
        ("scopes: !!bool x", 400, "This is no YAML."),
        ("scopes: []\nscopes: []", 400, "line 2, column 1: This is no YAML: the member scopes stands there twice."),
        ("scopes: &all []\ngroups: *all", 400, "aliases are not taken"),
        (b"\xff\xfe\xff", 400, "The body is no YAML."),
        ("# " + "x" * MAXIMUM_BODY_LENGTH, 413, "A body has at most 131072 bytes."),
        ("- scopes", 422, "Nothing was done"),
        ("scopes: [{name: !!binary YQ==, description: x}]", 422, "Nothing was done"),
    ],
)
def test_yaml_that_cannot_be_read_does_nothing(
    automation: Program, body: bytes | str, status: int, detail: str
) -> None:
    answer = post_yaml(automation, "", body)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]


def test_other_calls_take_no_yaml(automation: Program) -> None:
    answer = automation.call("POST", "/scopes", "name: x", content_type="application/yaml")
    assert (answer.status_code, answer.json()["detail"]) == (415, "Send the body as application/json.")
    answer = automation.call("POST", "/configuration", "a,b", content_type="text/csv")
    assert answer.json()["detail"] == "Send the body as application/json or application/yaml."


def test_the_plan_stands_in_the_answer_for_people(automation: Program) -> None:
    markdown = automation.post("/configuration?dry_run=true", DOCUMENT).json()["markdown"]
    assert markdown.startswith("**Reference tokens:** 2 to add, 0 to change, 0 to remove\n\n```diff\n+ scope report\n")


def test_api2_a_token_that_may_only_read_plans_and_does_not_apply(program_of: Callable[..., Program]) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read"])
    assert reader.post("/configuration?dry_run=true", DOCUMENT).json()["changes"]
    for query in ("", "?dry_run=false", "?prune=true"):
        answer = reader.post(f"/configuration{query}", DOCUMENT)
        assert (answer.status_code, 'scope="instance:write"' in answer["WWW-Authenticate"]) == (403, True)
    assert reader.post("/configuration?dry_run=true&dry_run=false", DOCUMENT).status_code == 422
    assert not Scope.objects.filter(pk="report").exists()


def test_api2_a_token_that_may_not_read_does_not_plan(program_of: Callable[..., Program]) -> None:
    program = program_of(UserFactory.create(), ["instance:read", "instance:write"])
    assert program.post("/configuration?dry_run=true", DOCUMENT).status_code == 403


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize(
    "section",
    [
        {"scopes": [{"name": "TEXT", "description": "x"}]},
        {"system_users": [{"username": "TEXT"}]},
        {"groups": [{"name": "TEXT"}]},
        {"groups": [{"name": "Finance", "members": ["TEXT"]}]},
        {"applications": [{"application_uri": "TEXT"}]},
        {"applications": [{"application_uri": "com.example/excel", "owners": ["TEXT"]}]},
        {"resource_servers": [{"name": "Orders", "applications": ["TEXT"]}]},
        {"webhooks": [{"url": "TEXT", "types": ["token.revoked"]}]},
    ],
)
def test_a_text_that_no_database_takes_is_422(automation: Program, section: Any, text: str) -> None:
    body = json.dumps(section).replace("TEXT", json.dumps(text)[1:-1])
    answer = automation.post("/configuration", body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"].startswith(f"#/{next(iter(section))}/0/")


def test_many1_where_tokens_change_while_they_are_counted_it_is_409_and_nothing_is_done(
    automation: Program, alice: User, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pat(alice, application)
    monkeypatch.setattr(applications, "choices_of", lambda _run, _impact: ImpactChoices(seen="others"))
    body = {"applications": [{"application_uri": application.application_uri, "access_tokens": "None"}]}
    answer = automation.post("/configuration", body)
    assert answer.status_code == 409
    assert TrustedApplication.objects.get(pk=application.pk).access_tokens_policy != "None"
