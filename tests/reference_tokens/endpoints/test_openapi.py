"""T59: the OpenAPI description of the machine endpoints is whole and well formed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from reference_tokens.endpoints.routes import ENDPOINTS, FORWARD_AUTH_PREFIXES
from reference_tokens.validation.reasons import WHY
from tests.access_rules.machine_addresses import IN_THE_SITES, MACHINE
from tests.access_rules.page import METHODS
from tests.introspection import Statements
from tests.made_clients import obstacles
from tests.reference_tokens.endpoints.openapi import ADDRESS, DOCUMENT, PATHS, operations
from tokens_project import VERSION


def test_it_is_served_with_the_address_of_this_instance(client: Client, settings: Settings) -> None:
    settings.BASE_URL = "https://tokens.example.com"
    response = client.get(ADDRESS, headers={"host": "evil.example"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "public, max-age=300"
    assert response.json() == DOCUMENT | {"servers": [{"url": "https://tokens.example.com"}]}


def test_head_is_get_without_the_body_and_another_method_is_405(client: Client) -> None:
    got, headed, posted = client.get(ADDRESS), client.head(ADDRESS), client.post(ADDRESS)
    assert (headed.status_code, headed.content, headed.headers) == (200, b"", got.headers)
    assert (posted.status_code, posted["Allow"]) == (405, "GET, HEAD")


def test_clients_are_made_of_it() -> None:
    assert obstacles(DOCUMENT) == []


@pytest.mark.django_db
def test_it_asks_the_database_nothing(client: Client) -> None:
    with Statements() as statements:
        client.get(ADDRESS)
    assert statements.sql == []


def test_it_has_the_version_of_the_product() -> None:
    assert DOCUMENT["info"]["version"] == VERSION


def machine_address(path: str) -> str:
    """The entry of the product's table that a path of the document stands for."""
    return path.partition("{")[0]


def test_every_machine_address_is_described_and_no_other() -> None:
    assert sorted(map(machine_address, PATHS)) == sorted([*ENDPOINTS, *FORWARD_AUTH_PREFIXES, *IN_THE_SITES])


@pytest.mark.parametrize("path", PATHS)
def test_every_method_and_what_it_answers_without_a_credential_is_described(path: str) -> None:
    for method, status in zip(METHODS, (MACHINE | IN_THE_SITES)[machine_address(path)].split(), strict=True):
        operation = PATHS[path].get(method.lower())
        assert status in operation["responses"] if operation else status == "405"


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/auth/")])
def test_405_names_the_methods_that_are_described(client: Client, path: str) -> None:
    described = [method.upper() for where, method in operations() if where == path]
    allowed = client.patch(path)["Allow"]
    assert allowed.split(", ") == described
    for method in described:
        assert PATHS[path][method.lower()]["responses"]["405"]["headers"]["Allow"]["schema"] == {"const": allowed}


@pytest.mark.parametrize(("path", "method"), operations())
def test_an_operation_is_named_and_says_what_it_does(path: str, method: str) -> None:
    operation = PATHS[path][method]
    assert {"operationId", "summary", "tags", "responses"} <= set(operation)
    ids = [PATHS[where][other]["operationId"] for where, other in operations()]
    assert ids.count(operation["operationId"]) == 1


def references(value: Any) -> set[str]:
    """Every `$ref` below this value."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    return {value["$ref"]} if "$ref" in value else set().union(*map(references, value.values()))


def test_every_component_is_used_and_every_reference_leads_to_one() -> None:
    components = {
        f"#/components/{kind}/{name}"
        for kind in ("headers", "responses", "schemas")
        for name in DOCUMENT["components"][kind]
    }
    assert references(DOCUMENT) == components


def test_t59_a_token_may_be_any_text_but_none() -> None:
    for form in DOCUMENT["components"]["schemas"]["TokenForm"]["oneOf"]:
        token = form["properties"]["token"]
        assert {key: token[key] for key in token if key != "description"} == {"type": "string", "minLength": 1}


def test_t59_every_reason_that_a_holder_may_hear_is_described() -> None:
    reasons = DOCUMENT["components"]["responses"]["HolderRefused"]["content"]["application/json"]["schema"]["oneOf"][1]
    assert sorted(reasons["properties"]["error_description"]["enum"]) == sorted(WHY.values())
