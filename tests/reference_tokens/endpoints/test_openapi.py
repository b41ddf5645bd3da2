"""T59: the OpenAPI description of the machine endpoints, held against reality."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as examples
from pytest_django.fixtures import Settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from accounts.models import User
from reference_tokens.endpoints.openapi import FILE
from reference_tokens.endpoints.routes import ENDPOINTS, FORWARD_AUTH_PREFIXES
from reference_tokens.models import ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.validation.reasons import WHY
from tests.access_rules.machine_addresses import IN_THE_SITES, MACHINE
from tests.access_rules.page import METHODS
from tests.command_line import BASE_DIR
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, credentials
from tokens_project.wsgi import application as wsgi_application
from trusted_apps.models import TrustedApplication

ADDRESS = "/api/openapi.json"
METRICS_TOKEN = "for-tests-only-metrics-0123456789abcdefghij"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
# Schemathesis asks a WSGI application for compressed answers and cannot read one; those of the sites are.
PLAIN = {"Accept-Encoding": "identity"}


# --- The document ----------------------------------------------------------------------------------------------------


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


@pytest.mark.django_db
def test_it_asks_the_database_nothing(client: Client) -> None:
    with Statements() as statements:
        client.get(ADDRESS)
    assert statements.sql == []


def test_it_has_the_version_of_the_product() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    assert DOCUMENT["info"]["version"] == project["version"]


def machine_address(path: str) -> str:
    """The entry of the product's table that a path of the document stands for."""
    return path.partition("{")[0]


def test_every_machine_address_is_described_and_no_other() -> None:
    assert sorted(map(machine_address, PATHS)) == sorted([*ENDPOINTS, *FORWARD_AUTH_PREFIXES, *IN_THE_SITES])


def operations() -> list[tuple[str, str]]:
    return [
        (path, method) for path in PATHS for method in PATHS[path] if method.upper() in {*METHODS, "PATCH", "TRACE"}
    ]


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


# --- Held against reality --------------------------------------------------------------------------------------------

config = SchemathesisConfig(
    seed=59,
    projects=ProjectsConfig(
        default=ProjectConfig(
            # The credentials are ours, by hand: a made up one says nothing.
            generation=GenerationConfig(deterministic=True, with_security_parameters=False, database="none"),
        )
    ),
)
schema = schemathesis.openapi.from_wsgi(ADDRESS, wsgi_application, config=config)
BOUNDED = examples(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def left_out(case: schemathesis.Case) -> list[Any]:
    """What cannot hold: forward auth takes every method, and OpenAPI 3.1 has a word for eight of them."""
    return [unsupported_method] if case.path.startswith("/auth/") else []


@pytest.fixture
def connection_stays() -> Iterator[None]:
    """The end of a request closes no connection: the test stands in a transaction of it, as with Django's client."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def authorization(
    connection_stays: None, alice: User, application: TrustedApplication, settings: Settings
) -> dict[str, str]:
    """A good Authorization header for each kind of address."""
    settings.METRICS_TOKEN = METRICS_TOKEN
    server = ResourceServerFactory.create(may_revoke=True, client_id="rs_0")
    bearer = f"Bearer {issued_pat(alice, application).plaintext}"
    return {
        "oauth": credentials(server),
        "auth": bearer,
        "api": bearer,
        "profile": bearer,
        "metrics": f"Bearer {METRICS_TOKEN}",
    }


@pytest.mark.django_db
@schema.parametrize()
@BOUNDED
def test_t59_no_request_without_a_credential_is_answered_otherwise_than_described(
    case: schemathesis.Case, authorization: dict[str, str]
) -> None:
    case.call_and_validate(excluded_checks=left_out(case))


@pytest.mark.django_db
@schema.parametrize()
@BOUNDED
def test_t59_no_request_with_a_credential_is_answered_otherwise_than_described(
    case: schemathesis.Case, authorization: dict[str, str]
) -> None:
    value = authorization.get(case.path.split("/")[1])
    # Two ways of authenticating at once are 400: that a schema can say of the form, and not of the form and a header.
    has_secret = isinstance(case.body, dict) and "client_secret" in case.body
    headers = {"Authorization": value} if value and not has_secret else {}
    case.call_and_validate(headers=headers | PLAIN, excluded_checks=left_out(case))


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Api-Key", "Api-Key"])
@schema.include(path_regex="^/(auth|api|profile)/").parametrize()
@BOUNDED
def test_t59_no_request_with_an_api_key_is_answered_otherwise_than_described(
    case: schemathesis.Case, authorization: dict[str, str], header: str
) -> None:
    token = authorization["api"].removeprefix("Bearer ")
    case.call_and_validate(headers={header: token} | PLAIN, excluded_checks=left_out(case))


def picked(path: str, method: str, **parts: Any) -> schemathesis.Case:
    """A request made by hand."""
    return schema[path][method].Case(**parts)


def asked(path: str, token: str) -> schemathesis.Case:
    return picked(path, "POST", body={"token": token}, media_type="application/x-www-form-urlencoded")


@pytest.mark.django_db
@pytest.mark.parametrize("shares_profile", [True, False])
@pytest.mark.parametrize("has_end", [True, False])
@pytest.mark.parametrize("kind", ["PAT", "SAT"])
def test_t59_what_is_told_of_a_good_token_is_as_described(
    connection_stays: None, alice: User, application: TrustedApplication, shares_profile: bool, has_end: bool, kind: str
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    server = ResourceServerFactory.create(shares_profile=shares_profile)
    changes = {} if has_end else {"expires_at": None}
    issued = issued_pat(alice, application, **changes) if kind == "PAT" else issued_sat(application, **changes)
    bearer = {"Authorization": f"Bearer {issued.plaintext}"}
    told = asked("/oauth/introspect", issued.plaintext).call_and_validate(
        headers={"Authorization": credentials(server)}
    )
    assert told.json()["active"]
    assert picked("/api/token", "GET").call_and_validate(headers=bearer).status_code == 200
    me = picked("/profile/me", "GET").call_and_validate(headers=bearer | PLAIN)
    assert me.status_code == (200 if kind == "PAT" else 403)
    case = picked("/auth/resource/{client_id}", "GET", path_parameters={"client_id": server.client_id})
    assert case.call_and_validate(headers=bearer, excluded_checks=left_out(case)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("has_end", [True, False])
def test_t59_what_a_rotation_answers_is_as_described(
    connection_stays: None, application: TrustedApplication, has_end: bool
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    issued = issued_sat(application, **({} if has_end else {"expires_at": None}))

    def rotated(**body: Any) -> Any:
        case = picked("/api/token/rotate", "POST", **body)
        return case.call_and_validate(headers={"X-Api-Key": issued.plaintext})

    def form(seconds: int) -> dict[str, Any]:
        return {"body": {"overlap_seconds": seconds}, "media_type": "application/x-www-form-urlencoded"}

    assert rotated().status_code == 403
    TrustedApplication.objects.update(allows_self_rotation=True)
    assert rotated(**form(60)).status_code == 201
    assert rotated(**form(60)).status_code == 409
    assert rotated(**form(604_801)).status_code == 400


@pytest.mark.django_db
def test_t59_rare_refusals_are_as_described(
    authorization: dict[str, str], settings: Settings, alice: User, application: TrustedApplication
) -> None:
    bearer = {"Authorization": authorization["api"]}
    case = picked("/auth/resource/{client_id}", "GET", path_parameters={"client_id": "rs_0"})
    ResourceServer.objects.update(required_scopes=["update"], may_revoke=False)
    assert case.call_and_validate(headers=bearer, excluded_checks=left_out(case)).status_code == 403
    unauthorized = asked("/oauth/revoke", "x").call_and_validate(headers={"Authorization": authorization["oauth"]})
    assert unauthorized.json() == {"error": "unauthorized_client"}
    too_large = asked("/oauth/introspect", "x" * 16_384)
    assert too_large.call_and_validate(headers={"Authorization": authorization["oauth"]}).status_code == 413
    settings.METRICS_TOKEN = ""
    assert picked("/metrics", "GET").call_and_validate().status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["revoked_at", "suspended_at"])
def test_t59_what_a_holder_is_told_of_a_bad_token_is_as_described(
    connection_stays: None, alice: User, application: TrustedApplication, column: str
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, **{column: timezone.now()})
    response = picked("/api/token", "GET").call_and_validate(headers={"Authorization": f"Bearer {issued.plaintext}"})
    assert response.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "method"), [operation for operation in operations() if "{" not in operation[0]])
def test_t59_a_store_that_cannot_be_read_is_answered_as_described(
    authorization: dict[str, str], path: str, method: str
) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("gone")

    value = authorization.get(path.split("/")[1])
    case = asked(path, token_format.generate()) if path.startswith("/oauth/") else picked(path, method.upper())
    checks = [
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
        response_headers_conformance,
    ]
    with connection.execute_wrapper(fail):
        response = case.call_and_validate(headers={"Authorization": value} if value else {}, checks=checks)
    needs_no_store = path in {"/healthz", ADDRESS} or path.startswith("/.well-known/")
    assert response.status_code == (200 if needs_no_store else 503)


def test_t59_every_reason_that_a_holder_may_hear_is_described() -> None:
    reasons = DOCUMENT["components"]["responses"]["HolderRefused"]["content"]["application/json"]["schema"]["oneOf"][1]
    assert sorted(reasons["properties"]["error_description"]["enum"]) == sorted(WHY.values())
