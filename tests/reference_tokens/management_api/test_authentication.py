"""API-2: who may call what."""

from __future__ import annotations

from typing import Any


def test_api2_a_person_is_told_who_they_are(administrators_program: Any) -> None:
    answer = administrators_program.get("/me")
    assert answer.status_code == 200, answer.content
    assert answer.json()["kind"] == "person"
    assert answer.json()["is_administrator"] is True


def test_api2_without_a_token_nothing_is_told(administrators_program: Any) -> None:
    administrators_program.token = ""
    answer = administrators_program.get("/scopes")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Content-Type"] == "application/problem+json"


def test_scopes(automation: Any) -> None:
    answer = automation.get("/scopes?limit=2")
    assert answer.status_code == 200, answer.content
    print(answer.json(), answer.headers)
    answer = automation.get(answer.json()["next"].removeprefix("/api/v1"))
    print(answer.json())
    assert automation.get("/scopes?limit=0").status_code == 422
    print(automation.get("/scopes?limit=0&x=1").json())
    print(automation.post("/scopes").headers, automation.get("/nothing").json())
    print(automation.get("/openapi.json").content[:3000])
