"""The journey of the README by the management API alone, seen by the Resource Server that it registers."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from reference_tokens_client.management import Document, Management

from tests.faults.life import manager_of
from tests.service import Service, ask

pytestmark = pytest.mark.once


@pytest.fixture
def api(service: Service) -> Iterator[Management]:
    """The API with a SAT: all that is done beforehand, by an administrator."""
    with Management(service.address, manager_of(service)) as ready:
        yield ready


def introspected(service: Service, server: Document, token: str) -> dict[str, Any]:
    """What a Resource Server hears about a token."""
    basic = b64encode(f"{server['client_id']}:{server['client_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content_Type": "application/x-www-form-urlencoded"}
    answer = ask(service.port, "POST", "/oauth/introspect", urlencode({"token": token}).encode(), **headers)
    assert answer.status == 200
    told: dict[str, Any] = json.loads(answer.body)
    return told


def test_api1_a_token_lives_from_registration_to_revocation_by_calls_alone(service: Service, api: Management) -> None:
    robot, uri = service.unused("robot"), f"com.example/{service.unused('journey')}"
    api.post("users", body={"username": robot, "kind": "system"})
    policy = {"access_tokens": "AdministratorsOnly", "scopes": ["read", "update"], "system_user": robot}
    application = api.post("applications", body={"application_uri": uri, **policy})
    server = api.post("resource-servers", body={"name": f"API of {uri}", "applications": [uri]})
    asked = {"scopes": ["read"], "description": "Nightly report", "expires_in_days": 7}
    issued = api.post("applications", application["id"], "tokens", body=asked)

    heard = introspected(service, server, issued["token"])
    expected = {"active": True, "scope": "read", "client_id": uri, "username": robot, "token_kind": "SAT"}
    assert {name: heard[name] for name in expected} == expected

    rotated = api.post("tokens", issued["id"], "rotate", body={"overlap_seconds": 0})
    assert introspected(service, server, issued["token"]) == {"active": False}
    assert introspected(service, server, rotated["token"])["jti"] == rotated["id"]

    api.post("tokens", rotated["id"], "revoke", body={"reason": "The report is not needed any more."})
    assert introspected(service, server, rotated["token"]) == {"active": False}

    told = list(api.each("audit-events", application=application["id"]))
    acts = " ".join(event["action"] for event in reversed(told))
    assert acts == "application:create token:issue token:issue token:rotate token:revoke"
    assert {event["actor"]["type"] for event in told} == {"api_token"}
    assert "The report is not needed any more." in json.dumps(told[0])
