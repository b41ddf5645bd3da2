"""Lists in pages, as cheap in the middle as at the start."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.factories import ResourceServerFactory
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def many_scopes(db: None) -> list[str]:
    Scope.objects.bulk_create(Scope(name=f"scope{number:03}", description="x") for number in range(60))
    return sorted(Scope.objects.values_list("name", flat=True))


def test_the_pages_walk_every_row_once(automation: Program, many_scopes: list[str]) -> None:
    path, seen = "/scopes?limit=7", []
    while path:
        answer = automation.get(path)
        seen += [one["name"] for one in answer.json()["items"]]
        following = answer.json()["next"]
        assert answer.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
        path = following.removeprefix("/api/v1") if following else ""
    assert seen == many_scopes


def test_without_a_limit_there_are_fifty(automation: Program, many_scopes: list[str]) -> None:
    assert len(automation.get("/scopes").json()["items"]) == 50


def test_rows_that_come_and_go_shift_nothing(automation: Program, many_scopes: list[str]) -> None:
    first = automation.get("/scopes?limit=10").json()
    Scope.objects.filter(name=many_scopes[9]).delete()
    Scope.objects.create(name="!first", description="x")
    second = automation.get(first["next"].removeprefix("/api/v1")).json()
    assert [one["name"] for one in second["items"]] == many_scopes[10:20]


@pytest.mark.parametrize("limit", ["0", "201", "x", ""])
def test_a_limit_is_between_1_and_200(automation: Program, limit: str) -> None:
    answer = automation.get(f"/scopes?limit={limit}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")


@pytest.mark.parametrize("values", [[], ["a", "b"], {"a": 1}, 1, None, ["a\0"], ["\ud800"]])
def test_an_after_of_another_list_is_422(automation: Program, values: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    assert automation.get(f"/scopes?after={cursor}").status_code == 422


@pytest.mark.parametrize("cursor", ["x", "%00", "%FF", "a" * 1001, "W10"])
def test_an_after_that_cannot_be_read_is_422(automation: Program, cursor: str) -> None:
    answer = automation.get(f"/scopes?after={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "after")


UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "place",
    [
        "[null]",
        "[1e999]",
        "[-1e999]",
        f'[null, "{UNKNOWN}"]',
        f'["0001-01-01T00:00:00+14:00", "{UNKNOWN}"]',
        f'["9999-12-31T23:59:59-14:00", "{UNKNOWN}"]',
        '["2030-01-01T00:00:00Z", 1e999]',
    ],
)
@pytest.mark.parametrize("path", ["webhooks", "resource-servers/{server}/secrets"])
def test_an_after_that_nobody_was_given_is_422(automation: Program, path: str, place: str) -> None:
    address = path.format(server=ResourceServerFactory.create().pk)
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    answer = automation.get(f"/{address}?after={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "after")
