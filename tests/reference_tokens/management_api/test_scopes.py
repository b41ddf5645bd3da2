"""Scopes by program."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.audit.sentences import told_events
from accounts.models import AuditEvent
from tests.factories import ApplicationFactory
from trusted_apps.models import Scope

pytestmark = pytest.mark.django_db


def test_api1_a_scope_is_added_described_and_removed(administrators_program: Any) -> None:
    added = administrators_program.post("/scopes", {"name": "report", "description": "See reports."})
    assert (added.status_code, added.json()) == (201, {"name": "report", "description": "See reports."}), added.content
    changed = administrators_program.patch("/scopes/report", {"description": "Read reports."}, If_Match=added["ETag"])
    assert (changed.status_code, changed.json()["description"]) == (200, "Read reports.")
    assert administrators_program.delete("/scopes/report").status_code == 204
    actions = AuditEvent.objects.filter(target_type="scope").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["scope:create", "scope:update", "scope:delete"]
    told = told_events(list(AuditEvent.objects.filter(target_type="scope").order_by("seq")))
    assert ["added the scope report" in one.sentence for one in told] == [True, False, False]


def test_edit1_a_scope_that_was_changed_since_is_412_and_stays(administrators_program: Any) -> None:
    tag = administrators_program.get("/scopes/read")["ETag"]
    administrators_program.patch("/scopes/read", {"description": "First."}, If_Match=tag)
    refused = administrators_program.patch("/scopes/read", {"description": "Second."}, If_Match=tag)
    assert refused.status_code == 412
    assert administrators_program.patch("/scopes/read", {"description": "Third."}).status_code == 428
    assert Scope.objects.get(pk="read").description == "First."


def test_a_dry_run_says_what_would_be_done_and_does_nothing(administrators_program: Any) -> None:
    answer = administrators_program.post("/scopes?dry_run=true", {"name": "report", "description": "See reports."})
    assert (answer.status_code, answer.json()["name"]) == (200, "report")
    assert not Scope.objects.filter(pk="report").exists()


def test_the_same_key_acts_once(administrators_program: Any) -> None:
    body = {"name": "report", "description": "See reports."}
    first, second = (administrators_program.post("/scopes", body, Idempotency_Key="one") for _time in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, body)
    other = administrators_program.post("/scopes", body | {"name": "other"}, Idempotency_Key="one")
    assert other.status_code == 422
    assert Scope.objects.filter(pk="report").count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": "report"}, [{"pointer": "#/description", "detail": "Field required"}]),
        ({"name": "a b", "description": "x"}, ["#/name"]),
        ({"name": "x", "description": "y", "more": 1}, ["#/more"]),
        (b'{"name": "x", "name": "y", "description": "z"}', ["#/name"]),
    ],
)
def test_what_is_invalid_is_said_with_a_pointer(administrators_program: Any, body: Any, errors: Any) -> None:
    answer = administrators_program.post("/scopes", body)
    assert answer.status_code == 422
    said = answer.json()["errors"]
    assert said == errors or [one["pointer"] for one in said] == errors


def test_a_scope_that_applications_offer_stays(administrators_program: Any) -> None:
    ApplicationFactory.create(scopes=["read"])
    assert administrators_program.delete("/scopes/read").status_code == 409


@pytest.mark.parametrize(
    ("tag", "status"),
    [("x", 400), ('"00", "11"', 400), ('W/"00"', 412), ('"zz"', 412), ('""', 412), ('"00"', 412), (" ", 428)],
)
def test_edit1_a_tag_that_is_none_of_ours_changes_nothing(administrators_program: Any, tag: str, status: int) -> None:
    answer = administrators_program.patch("/scopes/read", {"description": "Other."}, If_Match=tag)
    assert answer.status_code == status
    assert Scope.objects.get(pk="read").description != "Other."


def test_a_star_takes_any_version(administrators_program: Any) -> None:
    assert administrators_program.patch("/scopes/read", {"description": "Other."}, If_Match="*").status_code == 200


def test_api3_the_scopes_of_this_api_stay(administrators_program: Any) -> None:
    assert administrators_program.delete("/scopes/instance:write").status_code == 422
