"""API-2: whose token opens the management API, and what each scope lets it do; walked over every call."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import django.db
import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.management_api.openapi import described
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values.token_format import generate
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.pages import signed_in
from tests.reference_tokens.management_api.conftest import EVERY_SCOPE, Program
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PARAMETER = re.compile(r"{([^}]+)}")
Make = Callable[..., Program]


def calls() -> Iterator[tuple[str, str, str]]:
    """Every call: its method, an address of nothing there is, and the scope that it needs."""
    for path, operations in described()["paths"].items():
        for method, operation in operations.items():
            address = PARAMETER.sub(partial(nothing_there, operation), path.removeprefix("/api/v1"))
            yield method.upper(), address, operation["security"][0]["token"][0]


def nothing_there(operation: dict[str, Any], name: re.Match[str]) -> str:
    """A value of this parameter in a path that stands for nothing there is."""
    [schema] = [one["schema"] for one in operation["parameters"] if one["in"] == "path" and one["name"] == name[1]]
    return "987654321" if schema["type"] == "integer" else "5e0c5d9e-6f1a-4a58-9a7c-0d3a4d1a2b3c"


every_call = pytest.mark.parametrize(("method", "path", "scope"), list(calls()))


def ask(program: Program, method: str, path: str) -> Any:
    return program.call(method, path, {} if method in {"POST", "PATCH"} else None, If_Match="*")


@every_call
def test_t10_without_a_token_every_call_is_401(management_api: Any, method: str, path: str, scope: str) -> None:
    answer = ask(Program(""), method, path)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer["Content-Type"] == "application/problem+json"


@every_call
def test_t10_without_its_scope_every_call_is_403(program_of: Make, method: str, path: str, scope: str) -> None:
    program = program_of(UserFactory.create(administrator=True), scopes=[one for one in EVERY_SCOPE if one != scope])
    answer = ask(program, method, path)
    assert answer.status_code == 403
    assert answer["WWW-Authenticate"] == f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'


@every_call
def test_api2_once_the_holder_is_no_administrator_the_instance_is_closed(
    program_of: Make, method: str, path: str, scope: str
) -> None:
    holder = UserFactory.create(administrator=True)
    program = program_of(holder)
    User.objects.filter(pk=holder.pk).update(is_administrator=False)
    status = ask(program, method, path).status_code
    assert status == 403 if scope.startswith("instance:") else status != 403


@every_call
def test_api2_a_service_access_token_may_do_what_its_scopes_say(
    automation: Program, method: str, path: str, scope: str
) -> None:
    assert ask(automation, method, path).status_code not in {401, 403, 500}


@every_call
def test_t10_once_the_application_is_disabled_every_call_is_401(
    automation: Program, management_api: TrustedApplication, method: str, path: str, scope: str
) -> None:
    TrustedApplication.objects.filter(pk=management_api.pk).update(is_enabled=False)
    answer = ask(automation, method, path)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')


def revoked(token: ReferenceToken) -> None:
    revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())


def suspended(token: ReferenceToken) -> None:
    alter(token, suspended_at=timezone.now())


def expired(token: ReferenceToken) -> None:
    alter(token, issued_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(seconds=1))


def without_holder(token: ReferenceToken) -> None:
    User.objects.filter(pk=str(token.holder_id)).update(is_active=False)


@pytest.mark.parametrize("end", [revoked, suspended, expired, without_holder])
def test_val1_a_token_that_is_no_good_is_401(
    management_api: TrustedApplication, end: Callable[[ReferenceToken], None]
) -> None:
    issued = issued_pat(UserFactory.create(administrator=True), management_api, scopes=EVERY_SCOPE)
    end(issued.token)
    answer = Program(issued.plaintext).get("/me")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_token"')


def test_t10_a_token_of_another_application_is_as_unknown_as_none(management_api: TrustedApplication) -> None:
    administrator = UserFactory.create(administrator=True)
    other = issued_pat(administrator, ApplicationFactory.create())
    answers = [Program(text).get("/me") for text in (other.plaintext, generate(), "nonsense")]
    bodies = {(answer.status_code, answer.content, answer["WWW-Authenticate"]) for answer in answers}
    assert len(bodies) == 1
    assert bodies.pop()[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Api_Key": "enrt_x"},
        {"Api_Key": "enrt_x"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer a, b"},
        {"Authorization": "Bearer a b"},
    ],
)
def test_two_credentials_or_one_that_cannot_be_read_are_401(automation: Program, headers: dict[str, str]) -> None:
    answer = automation.get("/me", **headers)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api", error="invalid_request"')


def test_a_token_in_the_query_or_the_body_is_none(automation: Program) -> None:
    value, automation.token = automation.token, ""
    assert automation.get(f"/me?access_token={value}").status_code == 401
    assert automation.post("/scopes", {"access_token": value}).status_code == 401


def test_a_cookie_opens_nothing_and_none_is_set(management_api: TrustedApplication) -> None:
    answer = signed_in(UserFactory.create(administrator=True)).get("/api/v1/me")
    assert answer.status_code == 401
    assert not answer.cookies


def test_me_says_who_the_token_speaks_for_and_what_it_may_do(program_of: Make) -> None:
    person = UserFactory.create()
    assert program_of(person, scopes=["self:read"]).get("/me").json() == {
        "id": str(person.pk),
        "username": person.username,
        "kind": "person",
        "is_administrator": False,
        "token_id": str(ReferenceToken.objects.get(holder=person).pk),
        "scopes": ["self:read"],
    }


def test_me_of_a_service_access_token_is_the_system_user(management_api: TrustedApplication) -> None:
    issued = issued_sat(management_api, scopes=["self:read"])
    said = Program(issued.plaintext).get("/me").json()
    assert (said["kind"], said["username"]) == ("system", str(management_api.system_user))


def test_ava6_where_the_store_cannot_be_read_it_is_503(automation: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise django.db.OperationalError("gone")

    monkeypatch.setattr("reference_tokens.management_api.authentication.validate_for_application", fail)
    answer = automation.get("/me")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_an_unknown_address_is_404_and_an_unknown_method_405(automation: Program) -> None:
    assert automation.get("/nothing").status_code == 404
    assert automation.get(f"/nothing/{uuid.uuid4()}").json()["status"] == 404
    answer = automation.call("PUT", "/scopes")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_head_answers_as_get_without_the_content(automation: Program) -> None:
    known, told = automation.get("/scopes"), automation.call("HEAD", "/scopes")
    assert (told.status_code, told.content) == (200, b"")
    assert told["Content-Length"] == str(len(known.content))


def test_head_is_405_where_there_is_no_get(automation: Program) -> None:
    answer = automation.call("HEAD", "/tokens/check")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
