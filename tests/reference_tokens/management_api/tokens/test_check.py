"""A token checked by program (VAL-6)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.limits import rates
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import ReferenceToken
from reference_tokens.usage.recorder import recorder
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
PATH = "/tokens/check"


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel")


@pytest.fixture
def issued(application: TrustedApplication) -> IssuedToken:
    return issued_pat(UserFactory.create(username="ada"), application)


@pytest.fixture
def administrator() -> User:
    return UserFactory.create(administrator=True)


@pytest.fixture
def program(program_of: Any, administrator: User) -> Any:
    """A program that may read, and no more."""
    return program_of(administrator, ["instance:read"])


def test_val6_a_good_token_is_no_use_of_it_and_is_recorded(program: Any, issued: IssuedToken) -> None:
    server = ResourceServerFactory.create(required_scopes=("update",))
    answer = program.post(PATH, {"value": f" {issued.plaintext}\n", "client_id": server.client_id})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert issued.plaintext not in answer.text
    assert (told["outcome"], told["active"], told["forward_auth"]) == ("insufficient_scope", False, "403")
    assert (told["introspection"], told["resource_server"]) == ('200 {"active": true}', server.client_id)
    assert (told["token"]["id"], told["token"]["status"]) == (str(issued.token.pk), "active")
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.source, event.actor_type) == ("token:check", "api", "api_token")
    assert (event.target_id, event.details["outcome"]) == (str(issued.token.pk), "insufficient_scope")
    recorder.flush()
    assert ReferenceToken.objects.get(pk=issued.token.pk).first_used_at is None


def test_val6_without_a_resource_server_it_is_forward_auth_without_one(program: Any, issued: IssuedToken) -> None:
    told = program.post(PATH, {"value": issued.plaintext}).json()
    assert (told["outcome"], told["active"], told["introspection"]) == ("active", True, None)


@pytest.mark.parametrize(
    ("value", "outcome", "mistakes"),
    [
        ("enrt_" + "0" * 64, "malformed", 1),
        ("Bearer x", "malformed", 2),
    ],
)
def test_val6_what_is_no_token_says_what_is_wrong_with_it(
    program: Any, value: str, outcome: str, mistakes: int
) -> None:
    told = program.post(PATH, {"value": value}).json()
    assert (told["outcome"], told["token"]) == (outcome, None)
    assert len(told["mistakes"]) >= mistakes
    assert AuditEvent.objects.order_by("-seq")[0].target_type == "instance"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/value"),
        ({"value": ""}, "#/value"),
        ({"value": "x" * 1001}, "#/value"),
        ({"value": "x", "client_id": "rs_none"}, "#/client_id"),
        ({"value": "x", "client_id": "\0"}, "#/client_id"),
        ({"value": "x", "token": "x"}, "#/token"),
    ],
)
def test_what_is_no_question_is_422_and_not_repeated(program: Any, body: Any, pointer: str) -> None:
    answer = program.post(PATH, body)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


def test_val6_a_dry_run_is_refused_for_it_would_leave_no_entry(program: Any, issued: IssuedToken) -> None:
    assert program.post(f"{PATH}?dry_run=true", {"value": issued.plaintext}).status_code == 422


def test_val6_checks_are_limited_with_those_on_the_page(program: Any, administrator: User, client: Any) -> None:
    client.force_login(administrator)
    for _time in range(30):
        assert program.post(PATH, {"value": "x"}).status_code == 200
    refused = program.post(PATH, {"value": "x"})
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert client.post("/manage/security/check-token/", {"secret": "x", "server": ""}).status_code == 429
    assert AuditEvent.objects.filter(action="token:check").count() == 30


def test_where_checks_cannot_be_counted_none_is_answered(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: Any) -> int:
        raise OSError

    monkeypatch.setattr(rates, "change_counter_in_database", fails)
    answer = program.post(PATH, {"value": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not AuditEvent.objects.filter(action="token:check").exists()


def test_api2_it_needs_the_scope_to_read_the_instance(program_of: Any, administrator: User) -> None:
    assert program_of(administrator, ["self:read", "instance:write"]).post(PATH, {"value": "x"}).status_code == 403
    assert program_of(UserFactory.create()).post(PATH, {"value": "x"}).status_code == 403


def test_a_client_id_that_is_no_text_is_422(automation: Any) -> None:
    answer = automation.post("/tokens/check", {"value": "x", "client_id": "\ud800"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/client_id")
