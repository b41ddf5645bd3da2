"""`Idempotency-Key`: a request that is sent twice acts once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from reference_tokens.models import RepeatableAnswer
from reference_tokens.token_values.token_format import generate
from tests.factories import UserFactory
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import Scope

NOTHING: dict[str, Any] = {}
BODY = {"name": "report", "description": "See reports."}


@pytest.mark.django_db
def test_the_repeated_answer_is_the_first_one_with_its_headers(automation: Program) -> None:
    first, second = (automation.post("/scopes", BODY, Idempotency_Key="one") for _time in range(2))
    assert (first.status_code, first.content, first["ETag"]) == (201, second.content, second["ETag"])
    assert second.status_code == 201


@pytest.mark.django_db
def test_the_same_key_with_another_request_is_422(automation: Program) -> None:
    automation.post("/scopes", BODY, Idempotency_Key="one")
    answer = automation.post("/scopes", BODY | {"name": "other"}, Idempotency_Key="one")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "Idempotency-Key")
    assert not Scope.objects.filter(pk="other").exists()


@pytest.mark.django_db
def test_keys_of_another_caller_are_others(automation: Program, program_of: Any) -> None:
    automation.post("/scopes", BODY, Idempotency_Key="one")
    other = program_of(UserFactory.create(administrator=True))
    assert other.post("/scopes", BODY | {"name": "other"}, Idempotency_Key="one").status_code == 201


@pytest.mark.django_db
def test_api2_nothing_is_repeated_to_who_may_not_do_it(program_of: Any) -> None:
    holder = UserFactory.create(administrator=True)
    program_of(holder).post("/scopes", BODY, Idempotency_Key="one")
    reader = program_of(holder, ["self:read", "self:write", "instance:read"])
    assert reader.post("/scopes", BODY, Idempotency_Key="one").status_code == 403


@pytest.mark.django_db
def test_t69_a_key_that_is_a_secret_is_not_stored(automation: Program) -> None:
    value = generate()
    assert automation.post("/scopes", BODY, Idempotency_Key=value).status_code == 201
    assert automation.post("/scopes", BODY, Idempotency_Key=value).status_code == 201
    assert value.encode().hex() not in str(RepeatableAnswer.objects.get())


@pytest.mark.django_db
def test_after_a_day_a_key_is_new(automation: Program) -> None:
    automation.post("/scopes", BODY, Idempotency_Key="one")
    with time_machine.travel(timezone.now() + timedelta(hours=24), tick=False):
        answer = automation.post("/scopes", BODY | {"name": "other"}, Idempotency_Key="one")
    assert answer.status_code == 201
    assert RepeatableAnswer.objects.count() == 1


@pytest.mark.django_db
def test_what_was_refused_is_tried_again(automation: Program) -> None:
    assert automation.post("/scopes", BODY | {"name": "a b"}, Idempotency_Key="one").status_code == 422
    assert automation.post("/scopes", BODY, Idempotency_Key="one").status_code == 201


@pytest.mark.django_db
def test_a_dry_run_uses_up_no_key(automation: Program) -> None:
    automation.post("/scopes?dry_run=true", BODY, Idempotency_Key="one")
    assert not RepeatableAnswer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256])
def test_a_key_is_visible_ascii(automation: Program, key: str) -> None:
    answer = automation.post("/scopes", BODY, Idempotency_Key=key)
    assert answer.status_code == 422
    assert not Scope.objects.filter(pk="report").exists()


@pytest.mark.django_db
def test_t36_a_secret_is_neither_stored_nor_repeated(automation: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    value = generate()
    made = {"id": "1", "token": value, "scopes": ["read"], "more": [{"secret": value}]}

    class Call:
        url_name, route, args, kwargs = "call", "api/v1/scopes", (), NOTHING

        @staticmethod
        def func(_request: Any) -> HttpResponse:
            return HttpResponse(json.dumps(made), status=201, content_type="application/json")

    monkeypatch.setattr("reference_tokens.management_api.door.call_at", lambda _path: Call)
    automation.is_held_to_description = False
    first, second = (automation.post("/scopes", BODY, Idempotency_Key="one") for _time in range(2))
    assert (first.status_code, first.json()) == (201, made)
    assert (second.status_code, second.json()["id"]) == (409, "1")
    assert value not in second.content.decode()
    assert value not in RepeatableAnswer.objects.get().content
    dry = automation.post("/scopes?dry_run=true", BODY).json()
    assert dry == made | {"token": None, "more": [{"secret": None}]}


@pytest.mark.django_db
def test_an_answer_without_a_body_is_repeated_too(automation: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    class Call:
        url_name, route, args, kwargs = "call", "api/v1/scopes", (), NOTHING

        @staticmethod
        def func(request: Any) -> HttpResponse:
            calls.append(request)
            return HttpResponse(status=204)

    monkeypatch.setattr("reference_tokens.management_api.door.call_at", lambda _path: Call)
    automation.is_held_to_description = False
    first, second = (automation.post("/scopes", BODY, Idempotency_Key="one") for _time in range(2))
    assert (first.status_code, second.status_code, first.content, second.content) == (204, 204, b"", b"")
    assert len(calls) == 1


@pytest.mark.django_db
def test_a_dry_run_of_what_answers_nothing_answers_nothing(automation: Program) -> None:
    automation.post("/scopes", BODY)
    assert automation.delete("/scopes/report?dry_run=true").status_code == 204
    assert Scope.objects.filter(pk="report").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_one_acts_and_both_are_answered_alike(automation: Program) -> None:
    def ask(_number: int) -> Any:
        try:
            return Program(automation.token).post("/scopes", BODY, Idempotency_Key="one")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert {(answer.status_code, json.dumps(answer.json())) for answer in answers} == {(201, json.dumps(BODY))}
    assert RepeatableAnswer.objects.count() == 1
