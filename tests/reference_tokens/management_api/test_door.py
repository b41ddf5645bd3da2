"""What every request to the management API has in common, whatever it asks."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404, UnreadablePostError

from accounts.database.statement_time import TakesTooLong
from reference_tokens.management_api import door
from reference_tokens.management_api.openapi import described
from reference_tokens.management_api.problems import MOST_ERRORS
from reference_tokens.management_api.requests import MAXIMUM_BODY_LENGTH
from reference_tokens.token_values.token_format import generate
from tests.factories import UserFactory
from tests.reference_tokens.management_api.conftest import Program

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_no_answer_is_stored_sniffed_or_framed_and_each_has_an_id(automation: Program) -> None:
    for answer in (automation.get("/me"), automation.get("/nothing"), Program("").get("/me")):
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Request-Id"]
        assert int(answer["Content-Length"]) == len(answer.content)


def test_a_host_of_any_name_is_answered_and_nothing_redirects(automation: Program, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert automation.get("/me", Host="elsewhere.example").status_code == 200
    assert automation.get("/me/").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_at_the_address_above_all_calls(automation: Program, method: str) -> None:
    answer = automation.call(method, "/", None if method == "GET" else {})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_wrong_method_for_the_document_is_refused_as_for_every_call() -> None:
    for answer in (Program("").post("/openapi.json"), Program("").call("OPTIONS", "/openapi.json")):
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
        assert (answer["Allow"], answer.json()["status"]) == ("GET, HEAD", 405)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"name": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b'{"description": {"a": 1, "a": 2}}', 422),
        (b" " * (MAXIMUM_BODY_LENGTH + 1), 413),
    ],
)
def test_a_body_that_cannot_be_read_does_nothing(automation: Program, body: bytes, status: int) -> None:
    answer = automation.post("/scopes", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_member_that_stands_twice_among_many_is_found_at_once(automation: Program) -> None:
    members = [f'"{number}": 1' for number in range(9_000)]
    begun = time.process_time()
    answer = automation.post("/scopes", f"{{{', '.join([*members, members[-1]])}}}")
    assert answer.json()["errors"] == [{"pointer": "#/8999", "detail": "It stands there twice."}]
    # To compare each with each takes seconds.
    assert time.process_time() - begun < 1


def test_of_many_mistakes_some_are_told(automation: Program) -> None:
    answer = automation.post("/scopes", {str(number): 1 for number in range(1_000)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, MOST_ERRORS)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nothing_is_called_by_a_name_with_nul(automation: Program, method: str) -> None:
    assert automation.call(method, "/scopes/a%00b", None if method == "GET" else {}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_with_a_thousand_parameters_is_422(automation: Program, method: str) -> None:
    address = f"/scopes?{'&'.join(['dry_run=true'] * 1_500)}"
    answer = automation.call(method, address, None if method == "GET" else {})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")


def test_api2_a_body_is_not_read_for_who_may_not_do_it(program_of: Any) -> None:
    reader = program_of(UserFactory.create(), ["self:read"])
    assert reader.post("/scopes", b"{").status_code == 403


def test_a_body_of_another_type_is_415(automation: Program) -> None:
    answer = automation.post("/scopes", "name=x", Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_a_body_without_a_length_is_411(automation: Program) -> None:
    answer = automation.post("/scopes", Transfer_Encoding="chunked")
    assert answer.status_code == 411


@pytest.mark.parametrize("length", ["x", "-1", "1" * 5000])
def test_a_length_that_is_no_number_is_413(automation: Program, length: str) -> None:
    assert automation.post("/scopes", {}, Content_Length=length).status_code == 413


def test_a_parameter_that_there_is_not_is_422_and_nothing_is_done(automation: Program) -> None:
    answer = automation.post("/scopes?dryrun=true", {"name": "x", "description": "y"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"parameter": "dryrun", "detail": "There is no such parameter."}]
    assert automation.get("/scopes/x").status_code == 404


@pytest.mark.parametrize("value", ["maybe", "1", "true&dry_run=true"])
def test_a_dry_run_is_said_in_one_word(automation: Program, value: str) -> None:
    answer = automation.post(f"/scopes?dry_run={value}", {"name": "x", "description": "y"})
    assert answer.json()["errors"][0]["parameter"] == "dry_run"


def test_t37_no_refusal_repeats_a_secret(automation: Program) -> None:
    value = generate()
    for answer in (
        automation.post("/scopes", {value: 1, "name": value, "description": value}),
        automation.post("/scopes", f'{{"{value}": 1, "{value}": 2}}'),
        automation.get(f"/scopes?{value}=1"),
        automation.get(f"/scopes?after={value}"),
        automation.get(f"/scopes/{value}"),
    ):
        assert answer.status_code in {404, 422}
        assert value not in answer.content.decode()
        assert value not in str(answer.headers)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Http404(), 404),
        (ValidationError("no"), 422),
        (ValidationError({"access_tokens_policy": "no", "__all__": "never"}), 422),
        (TakesTooLong(), 503),
        (UnreadablePostError(), 400),
        (RuntimeError("secret of the inside"), 500),
    ],
)
def test_every_failure_is_a_problem(
    automation: Program, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    def fail(*_args: Any) -> None:
        raise failure

    monkeypatch.setattr(door, "limited", fail)
    automation.is_held_to_description = False
    answer = automation.get("/me")
    problem = json.loads(answer.content)
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, "about:blank")
    assert "inside" not in answer.content.decode()


def test_a_refusal_of_rules_points_at_members(automation: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> None:
        raise ValidationError({"access_tokens_policy": "One.", "__all__": "Two."})

    monkeypatch.setattr(door, "limited", fail)
    assert automation.get("/me").json()["errors"] == [
        {"pointer": "#/access_tokens", "detail": "One."},
        {"pointer": "#", "detail": "Two."},
    ]


def test_the_document_is_for_everybody_and_lists_every_call_with_its_scope(automation: Program) -> None:
    answer = Program("").get("/openapi.json")
    document = answer.json()
    assert (answer.status_code, document["openapi"]) == (200, "3.1.0")
    assert document == json.loads(json.dumps(described()))
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["security"][0]["token"]
            assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()
