"""T59: every answer of the machine endpoints is as the OpenAPI description says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as examples
from pytest_django.fixtures import Settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from accounts.models import User
from reference_tokens.models import ResourceServer
from reference_tokens.token_values import token_format
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat
from tests.introspection import credentials
from tests.reference_tokens.endpoints.openapi import ADDRESS, operations
from tokens_project.wsgi import application as wsgi_application
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

METRICS_TOKEN = "for-tests-only-metrics-0123456789abcdefghij"


# Schemathesis asks a WSGI application for compressed answers and cannot read one; those of the sites are.
PLAIN = {"Accept-Encoding": "identity"}


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


def left_out(case: schemathesis.Case[Any]) -> list[Any]:
    """What cannot hold: forward auth takes every method, and OpenAPI 3.1 has a word for eight of them.

    An address that is closed is 404, whatever a request to it lacks.
    """
    if case.path == "/leaks/github":
        return [missing_required_header]
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


@schema.parametrize()
@BOUNDED
def test_t59_no_request_without_a_credential_is_answered_otherwise_than_described(
    case: schemathesis.Case[Any], authorization: dict[str, str]
) -> None:
    case.call_and_validate(excluded_checks=left_out(case))


@schema.parametrize()
@BOUNDED
def test_t59_no_request_with_a_credential_is_answered_otherwise_than_described(
    case: schemathesis.Case[Any], authorization: dict[str, str]
) -> None:
    value = authorization.get(case.path.split("/")[1])
    # Two ways of authenticating at once are 400: that a schema can say of the form, and not of the form and a header.
    has_secret = isinstance(case.body, dict) and "client_secret" in case.body
    headers = {"Authorization": value} if value and not has_secret else {}
    case.call_and_validate(headers=headers | PLAIN, excluded_checks=left_out(case))


@pytest.mark.parametrize("header", ["X-Api-Key", "Api-Key"])
@schema.include(path_regex="^/(auth|api|profile)/").parametrize()
@BOUNDED
def test_t59_no_request_with_an_api_key_is_answered_otherwise_than_described(
    case: schemathesis.Case[Any], authorization: dict[str, str], header: str
) -> None:
    token = authorization["api"].removeprefix("Bearer ")
    case.call_and_validate(headers={header: token} | PLAIN, excluded_checks=left_out(case))


def picked(path: str, method: str, **parts: Any) -> schemathesis.Case[Any]:
    """A request made by hand."""
    return schema[path][method].Case(**parts)


def asked(path: str, token: str) -> schemathesis.Case[Any]:
    return picked(path, "POST", body={"token": token}, media_type="application/x-www-form-urlencoded")


def signed_by_github(settings: Settings) -> schemathesis.Case[Any]:
    """With a signature of which the key cannot be had."""
    settings.LEAK_GITHUB_KEYS_URL = "http://127.0.0.1:9/keys"
    headers = {f"GITHUB-PUBLIC-KEY-{name}": "a" for name in ("IDENTIFIER", "SIGNATURE")}
    return picked("/leaks/github", "POST", headers=headers, body=[], media_type="application/json")


def reported(*tokens: Any) -> schemathesis.Case[Any]:
    return picked("/leaks/revoke", "POST", body={"tokens": list(tokens)}, media_type="application/json")


def looked_up(*prefixes: Any) -> schemathesis.Case[Any]:
    return picked("/leaks/lookup", "POST", body={"prefixes": list(prefixes)}, media_type="application/json")


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


def test_t59_what_is_answered_to_reports_of_leaks_is_as_described(
    connection_stays: None, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    bodies: list[tuple[list[Any], int]] = [([plaintext], 202), ([1], 400), (["x" * 131_072], 413)]
    answers = [reported(*tokens).call_and_validate() for tokens, _status in bodies]
    assert [answer.status_code for answer in answers] == [status for _tokens, status in bodies]


def test_t59_what_a_lookup_is_answered_is_as_described(connection_stays: None, settings: Settings) -> None:
    assert looked_up("1a2b3").call_and_validate().status_code == 404
    settings.LEAK_LOOKUP = True
    bodies: list[tuple[list[Any], int]] = [
        (["1a2b3", "fffff"], 200),
        ([], 200),
        (["1A2B3"], 400),
        (["x" * 16_384], 413),
    ]
    answers = [looked_up(*prefixes).call_and_validate() for prefixes, _status in bodies]
    assert [answer.status_code for answer in answers] == [status for _prefixes, status in bodies]


@pytest.mark.parametrize("column", ["revoked_at", "suspended_at"])
def test_t59_what_a_holder_is_told_of_a_bad_token_is_as_described(
    connection_stays: None, alice: User, application: TrustedApplication, column: str
) -> None:
    issued = issued_pat(alice, application)
    alter(issued.token, **{column: timezone.now()})
    response = picked("/api/token", "GET").call_and_validate(headers={"Authorization": f"Bearer {issued.plaintext}"})
    assert response.status_code == 401


@pytest.mark.parametrize(("path", "method"), [operation for operation in operations() if "{" not in operation[0]])
def test_t59_a_store_that_cannot_be_read_is_answered_as_described(
    authorization: dict[str, str], settings: Settings, path: str, method: str
) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("gone")

    value = authorization.get(path.split("/")[1])
    case = picked(path, method.upper())
    if path.startswith("/oauth/"):
        case = asked(path, token_format.generate())
    if path == "/leaks/revoke":
        case = reported(token_format.generate())
    if path == "/leaks/github":
        case = signed_by_github(settings)
    if path == "/leaks/lookup":
        settings.LEAK_LOOKUP = True
        case = looked_up("1a2b3")
    checks = [
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
        response_headers_conformance,
    ]
    with connection.execute_wrapper(fail):
        response = case.call_and_validate(headers={"Authorization": value} if value else None, checks=checks)
    needs_no_store = path in {"/healthz", "/metrics", ADDRESS} or path.startswith("/.well-known/")
    assert response.status_code == (200 if needs_no_store else 503)
