"""Trusted Applications by program: listed, registered, enabled and disabled (contract 5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEvent, User
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.introspection import Statements
from tests.reference_tokens.management_api.many import listed
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return UserFactory.create(username="Anna")


@pytest.fixture
def excel(anna: User) -> TrustedApplication:
    application: TrustedApplication = ApplicationFactory.create(
        application_uri="com.example/excel", name="Excel", system_user=UserFactory.create(username="svc", system=True)
    )
    application.owners.add(anna)
    return application


def uris(program: Any, query: str) -> list[str]:
    answer = program.get(f"/applications?{query}")
    assert answer.status_code == 200, answer.content
    return [row["application_uri"] for row in answer.json()["items"] if row["application_uri"] != MANAGEMENT_API_URI]


def only_event() -> AuditEvent:
    return AuditEvent.objects.get(target_type="application")


def test_an_application_has_the_members_of_the_contract(
    administrators_program: Any, excel: TrustedApplication, anna: User
) -> None:
    issued_pat(anna, excel)
    issued_sat(excel)
    members = administrators_program.get(f"/applications/{excel.pk}").json()
    assert members.pop("created_at").endswith("Z")
    assert members == {
        "id": str(excel.pk),
        "application_uri": "com.example/excel",
        "name": "Excel",
        "description": "",
        "access_tokens": "AuthenticatedUsers",
        "scopes": ["read", "update"],
        "system_user": "svc",
        "owners": ["Anna"],
        "max_lifetime_days": None,
        "allows_tokens_without_expiry": False,
        "allows_self_rotation": False,
        "is_enabled": True,
        "counts": {"live_tokens": 2, "is_capped": False},
    }


def test_an_application_that_there_is_not_is_404(administrators_program: Any) -> None:
    for path in ("7a0d6a43-97f8-4f3e-9d0b-0b6b1d2f7f10", "none"):
        for answer in (
            administrators_program.get(f"/applications/{path}"),
            administrators_program.patch(f"/applications/{path}", {"name": "x"}, If_Match="*"),
            administrators_program.post(f"/applications/{path}/enable"),
            administrators_program.post(f"/applications/{path}/disable"),
            administrators_program.get(f"/applications/{path}/tokens"),
            administrators_program.post(f"/applications/{path}/tokens", {"scopes": ["read"], "expires_in_days": 1}),
        ):
            assert answer.status_code == 404


def test_api1_an_application_that_goes_while_it_is_read_is_404(administrators_program: Any) -> None:
    application = ApplicationFactory.create()
    read: list[str] = []

    def execute_and_delete(execute: Any, sql: str, params: Any, *arguments: Any) -> Any:
        done = execute(sql, params, *arguments)
        if not read and application.pk.hex in str(params).replace("-", ""):
            read.append(sql)
            TrustedApplication.objects.filter(pk=application.pk).delete()
        return done

    with connection.execute_wrapper(execute_and_delete):
        assert administrators_program.get(f"/applications/{application.pk}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "uri=COM.EXAMPLE/excel",
        "q=xce",
        "q=example/exc",
        "owner=anna",
        "system_user=SVC",
        "state=disabled",
        "state=disabled&owner=anna&q=excel",
    ],
)
def test_the_list_is_narrowed_as_on_the_page(
    administrators_program: Any, excel: TrustedApplication, query: str
) -> None:
    ApplicationFactory.create(name="Word", application_uri="com.example/word")
    TrustedApplication.objects.filter(pk=excel.pk).update(is_enabled=False)
    assert uris(administrators_program, query) == ["com.example/excel"]


def test_the_list_is_narrowed_by_the_id_of_a_user_as_on_the_page(
    administrators_program: Any, excel: TrustedApplication, anna: User
) -> None:
    assert uris(administrators_program, f"owner={anna.pk}") == ["com.example/excel"]
    assert excel.system_user
    assert uris(administrators_program, f"system_user={excel.system_user.pk}") == ["com.example/excel"]


def test_where_none_is_found_the_list_is_empty(administrators_program: Any) -> None:
    assert administrators_program.get("/applications?q=none").json() == {"items": [], "next": None}
    assert administrators_program.get("/applications?uri=a%00b").json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("owner=nobody", "owner"), ("system_user=nobody", "system_user"), ("state=odd", "state"), ("sort=name", "sort")],
)
def test_a_filter_that_means_nothing_is_422(administrators_program: Any, query: str, parameter: str) -> None:
    answer = administrators_program.get(f"/applications?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_pages_walk_every_application_once_by_name(administrators_program: Any) -> None:
    ApplicationFactory.create_batch(5, name="Same")
    ids = listed(administrators_program, "/applications?limit=2")
    assert len(ids) == len(set(ids)) == TrustedApplication.objects.count()


def test_a_list_takes_as_many_statements_for_many_as_for_one(administrators_program: Any) -> None:
    numbers = []
    for _time in range(2):
        for application in ApplicationFactory.create_batch(3, with_system_user=True):
            application.owners.add(UserFactory.create())
        with Statements() as statements:
            administrators_program.get("/applications")
        numbers.append(len(statements.sql))
    assert numbers[0] == numbers[1]


def test_api1_an_application_is_registered(administrators_program: Any, anna: User) -> None:
    robot = UserFactory.create(username="svc", system=True)
    body = {
        "application_uri": "com.example/word",
        "name": "Word",
        "description": "Writes.",
        "access_tokens": "AdministratorsOnly",
        "scopes": ["update", "read"],
        "system_user": "SVC",
        "owners": ["anna"],
        "max_lifetime_days": 7,
        "allows_tokens_without_expiry": True,
        "allows_self_rotation": True,
        "is_enabled": False,
    }
    answer = administrators_program.post("/applications", body)
    assert answer.status_code == 201, answer.content
    application = TrustedApplication.objects.get(application_uri="com.example/word")
    assert answer["Location"] == f"/api/v1/applications/{application.pk}"
    assert answer["ETag"] == administrators_program.get(f"/applications/{application.pk}")["ETag"]
    told = {name: answer.json()[name] for name in body}
    assert told == body | {"scopes": ["read", "update"], "system_user": "svc", "owners": ["Anna"]}
    assert (application.system_user, application.access_tokens_policy) == (
        robot,
        AccessTokensPolicy.ADMINISTRATORS_ONLY,
    )
    event = only_event()
    assert (event.action, event.source, event.actor_type) == ("application:create", "api", "api_token")


def test_what_a_new_application_leaves_out_has_its_default(administrators_program: Any) -> None:
    answer = administrators_program.post("/applications", {"application_uri": "com.example/word"}).json()
    assert (answer["name"], answer["access_tokens"], answer["scopes"]) == ("com.example/word", "None", ["read"])
    assert (answer["system_user"], answer["owners"], answer["is_enabled"]) == (None, [], True)


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"application_uri": "a b"}, "#/application_uri"),
        ({"access_tokens": "Everybody"}, "#/access_tokens"),
        ({"scopes": []}, "#/scopes"),
        ({"scopes": ["fly"]}, "#/scopes"),
        ({"scopes": ["read update"]}, "#/scopes/0"),
        ({"owners": ["Anna", "nobody"]}, "#/owners/1"),
        ({"owners": ["svc"]}, "#/owners"),
        ({"system_user": "nobody"}, "#/system_user"),
        ({"system_user": "anna"}, "#/system_user"),
        ({"max_lifetime_days": 0}, "#/max_lifetime_days"),
        ({"max_lifetime_days": "7"}, "#/max_lifetime_days"),
        ({"is_enabled": "yes"}, "#/is_enabled"),
        ({"name": "a\u202eb"}, "#/name"),
        ({"name": "N\0ne"}, "#/name"),
        ({"application_uri": "com.example/n\0ne"}, "#/application_uri"),
        ({"owners": ["N\0ne"]}, "#/owners/0"),
        ({"owners": ["\ud800"]}, "#/owners/0"),
        ({"system_user": "\ud800"}, "#/system_user"),
        ({"id": "7a0d6a43-97f8-4f3e-9d0b-0b6b1d2f7f10"}, "#/id"),
    ],
)
@pytest.mark.usefixtures("anna")
def test_a_bad_member_is_422_with_a_pointer(administrators_program: Any, members: dict[str, Any], pointer: str) -> None:
    UserFactory.create(username="svc", system=True)
    answer = administrators_program.post(
        "/applications", {"application_uri": "com.example/word", "name": "Word"} | members
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not AuditEvent.objects.filter(target_type="application").exists()


def test_a_uri_that_is_taken_is_422(administrators_program: Any, excel: TrustedApplication) -> None:
    answer = administrators_program.post("/applications", {"application_uri": excel.application_uri.upper()})
    assert answer.status_code == 422
    assert "has this URI" in answer.json()["errors"][0]["detail"]


def test_pol5_an_application_is_disabled_at_once_and_enabled_again(
    administrators_program: Any, excel: TrustedApplication
) -> None:
    issued_sat(excel)
    disabled = administrators_program.post(f"/applications/{excel.pk}/disable").json()
    assert (disabled["is_enabled"], disabled["impact"]["disabled"]["count"]) == (False, 1)
    assert (disabled["revoked_tokens"], disabled["counts"]["live_tokens"]) == (0, 1)
    enabled = administrators_program.post(f"/applications/{excel.pk}/enable").json()
    assert (enabled["is_enabled"], enabled["impact"]) == (True, None)
    events = AuditEvent.objects.filter(target_type="application").order_by("seq")
    assert [event.details["after"] for event in events] == [{"is_enabled": False}, {"is_enabled": True}]
