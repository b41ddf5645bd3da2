"""The instance as a document, by program."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import Scope

pytestmark = pytest.mark.django_db

DOCUMENT = {
    "scopes": [{"name": "report", "description": "See reports."}],
    "resource_servers": [{"name": "Orders", "all_applications": True}],
}


def test_a_document_is_applied_and_its_secrets_are_shown_once(automation: Program) -> None:
    first = automation.post("/configuration", DOCUMENT, Idempotency_Key="one")
    assert first.status_code == 200, first.content
    assert [change["name"] for change in first.json()["changes"]] == ["report", "Orders"]
    assert first.json()["secrets"][0]["client_secret"].startswith("enrs_")
    assert AuditEvent.objects.filter(source="api", actor_type="api_token", action="scope:create").exists()
    assert automation.post("/configuration", DOCUMENT, Idempotency_Key="one").status_code == 409
    assert automation.post("/configuration", DOCUMENT).json() == {"changes": [], "secrets": []}


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
    assert answer.json() == {"changes": [], "secrets": []}, answer.content


def test_every_fault_has_a_pointer(automation: Program) -> None:
    answer = automation.post("/configuration", {"scopes": [{"name": "a b", "description": "x"}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/scopes/0/name")
    answer = automation.post("/configuration", {"scopes": [{"name": "a"}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/scopes/0/description")
