"""The audit log by program (AUD-3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.reference_tokens.management_api.many import pages
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
PATH = "/audit-events"
MEMBERS = {"seq", "at", "action", "source", "actor", "target", "address", "request_id", "details", "sentence"}


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel")


def numbers(program: Any, query: str = "") -> list[int]:
    return [event["seq"] for page in pages(program, f"{PATH}?limit=2{query}") for event in page["items"]]


def test_aud1_an_entry_has_the_members_of_the_contract_and_its_sentence(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    token = issued_pat(ada, application, description="Report").token
    administrators_program.patch(f"/tokens/{token.pk}", {"description": "Weekly"})
    newest = administrators_program.get(f"{PATH}?limit=1").json()["items"][0]
    event = AuditEvent.objects.order_by("-seq")[0]
    assert newest.keys() == MEMBERS
    assert newest == newest | {
        "seq": event.seq,
        "action": "token:rename",
        "source": "api",
        "address": "127.0.0.1",
        "request_id": event.request_id,
        "details": {"before": {"description": "Report"}, "after": {"description": "Weekly"}},
    }
    assert (newest["actor"]["type"], newest["actor"]["id"]) == ("api_token", event.actor_id)
    assert (newest["target"]["type"], newest["target"]["id"]) == ("token", str(token.pk))
    assert "Weekly" in newest["target"]["name"]
    assert "renamed the token" in newest["sentence"]
    assert newest["sentence"].endswith("through the API")
    assert newest["at"].endswith("Z")


def test_every_entry_is_told_once_the_newest_first(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    for _time in range(5):
        issued_pat(ada, application)
    found = numbers(administrators_program)
    assert found == list(AuditEvent.objects.order_by("-seq").values_list("seq", flat=True))


def test_aud3_the_filters_of_the_page_narrow_the_log(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    token = issued_pat(ada, application).token
    server = ResourceServerFactory.create()
    checked = administrators_program.post("/tokens/check", {"value": "x", "client_id": server.client_id})
    administrators_program.patch(f"/tokens/{token.pk}", {"description": "Weekly"})
    assert checked.status_code == 200
    issue, check, rename = AuditEvent.objects.order_by("-seq")[:3][::-1]
    for query, found in {
        f"token={token.pk}": [rename, issue],
        "application=com.example/excel": [rename, issue],
        "action=token:rename": [rename],
        "source=api": [rename, check],
        "address=127.0.0.1&action=token:check": [check],
        "action=token:issue&token=nothing": [],
        "person=nobody": [],
        f"server={server.client_id}": [],
        "until=2020-01-01T00:00:00Z": [],
        "since=2020-01-01T00:00:00Z&until=9998-01-01T00:00:00%2B01:00&action=token:rename": [rename],
    }.items():
        assert numbers(administrators_program, f"&{query}") == [event.seq for event in found], query


def test_an_empty_page_is_the_end(administrators_program: Any) -> None:
    assert administrators_program.get(f"{PATH}?after=1").json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("action=token:eat", "action"),
        ("source=window", "source"),
        ("address=home", "address"),
        ("person=%00", "person"),
        ("since=yesterday", "since"),
        ("since=0.5", "since"),
        ("until=9999-12-31T23:59:59Z", "until"),
        ("after=x", "after"),
        ("after=1000000000000000000", "after"),
        ("before=3", "before"),
    ],
)
def test_what_is_no_filter_is_422_with_its_name(administrators_program: Any, query: str, parameter: str) -> None:
    answer = administrators_program.get(f"{PATH}?{query}")
    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (422, [parameter])


def test_t37_a_token_in_the_address_is_refused_and_not_repeated(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    issued = issued_pat(ada, application)
    for name in ("person", "application"):
        answer = administrators_program.get(f"{PATH}?{name}={issued.plaintext}")
        assert answer.status_code == 422
        assert issued.plaintext not in answer.text


def test_a_page_of_200_takes_ten_queries_at_most(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    for _time in range(60):
        issued_pat(ada, application)
    administrators_program.get(PATH)
    with CaptureQueriesContext(connection) as queries:
        answer = administrators_program.get(f"{PATH}?limit=50&application=com.example/excel&person=ada")
    assert len(answer.json()["items"]) == 0
    assert len(queries) <= 10
    with CaptureQueriesContext(connection) as queries:
        answer = administrators_program.get(f"{PATH}?limit=50")
    assert len(answer.json()["items"]) == 50
    assert len(queries) <= 10, [one["sql"][:150] for one in queries]


def test_api2_it_needs_the_scope_to_read_the_instance(program_of: Any) -> None:
    administrator = UserFactory.create(administrator=True)
    assert program_of(administrator, ["self:read", "instance:write"]).get(PATH).status_code == 403
    assert program_of(UserFactory.create()).get(PATH).status_code == 403
