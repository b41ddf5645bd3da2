"""Resource Servers by program: listed, registered, changed, deleted; their secrets told once (contract 5)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.models import ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.concurrency import outcomes, threads
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory, issued_pat
from tests.introspection import Statements, is_active
from tests.reference_tokens.management_api.conftest import Program
from tests.reference_tokens.management_api.many import listed
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

ORDERS = {
    "name": "Orders API",
    "is_enabled": True,
    "applications": ["com.example/excel"],
    "all_applications": False,
    "may_revoke": True,
    "share_profile": True,
    "required_scopes": ["read"],
}


@pytest.fixture
def excel() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel")


@pytest.fixture
def orders() -> Any:
    return ResourceServerFactory.create(name="Orders API")


def path_of(server: Any) -> str:
    return f"/resource-servers/{server.pk}"


def patched(program: Program, server: Any, body: Any) -> Any:
    return program.patch(path_of(server), body, If_Match=program.get(path_of(server))["ETag"])


def acts() -> list[tuple[str, str, str]]:
    events = AuditEvent.objects.filter(target_type="resource_server").order_by("seq")
    return list(events.values_list("action", "source", "actor_type"))


@pytest.mark.usefixtures("excel")
def test_api1_a_server_is_registered_and_its_secret_told_once(administrators_program: Program) -> None:
    answer = administrators_program.post("/resource-servers", ORDERS | {"applications": ["COM.EXAMPLE/excel"]})
    assert answer.status_code == 201, answer.content
    server = ResourceServer.objects.get()
    members = answer.json()
    secret = members.pop("client_secret")
    assert authenticate(server.client_id, secret)
    assert answer["Location"] == f"/api/v1/resource-servers/{server.pk}"
    [told] = members["secrets"]
    assert (set(told), told["hint"]) == ({"id", "hint", "created_at"}, f"enrs_…{secret[-4:]}")
    assert members == ORDERS | {
        "id": server.pk,
        "client_id": server.client_id,
        "secrets": [told],
        "last_asked_at": None,
    }
    read = administrators_program.get(path_of(server))
    assert (read.json(), read["ETag"]) == (members, answer["ETag"])
    assert acts() == [("resource_server:create", "api", "api_token")]


def test_a_dry_run_shows_no_secret_and_registers_nothing(administrators_program: Program) -> None:
    answer = administrators_program.post(
        "/resource-servers?dry_run=true", {"name": "Orders API", "all_applications": True}
    )
    assert (answer.status_code, answer.json()["client_secret"]) == (200, None)
    assert not ResourceServer.objects.exists()


def test_the_same_key_registers_once_and_tells_the_client_id_alone(administrators_program: Program) -> None:
    body = {"name": "Orders API", "all_applications": True}
    first, second = (
        administrators_program.post("/resource-servers", body, Idempotency_Key="orders") for _time in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["client_id"] == first.json()["client_id"]
    assert first.json()["client_secret"] not in second.content.decode()


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"name": ""}, "#/name"),
        ({"name": "a\u202eb"}, "#/name"),
        ({"name": "Taken"}, "#/name"),
        ({"name": "N\0ne"}, "#/name"),
        ({"name": "\ud800"}, "#/name"),
        ({"applications": []}, "#/applications"),
        ({"applications": ["com.example/excel", "com.example/none"]}, "#/applications/1"),
        ({"applications": ["com.example/n\0ne"]}, "#/applications/0"),
        ({"applications": ["com.example/\ud800"]}, "#/applications/0"),
        ({"required_scopes": ["fly"]}, "#/required_scopes"),
        ({"may_revoke": 1}, "#/may_revoke"),
        ({"client_id": "rs_1"}, "#/client_id"),
    ],
)
@pytest.mark.usefixtures("excel")
def test_a_bad_member_is_422_with_a_pointer(
    administrators_program: Program, members: dict[str, Any], pointer: str
) -> None:
    ResourceServerFactory.create(name="Taken")
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    for answer in (
        administrators_program.post("/resource-servers", ORDERS | members),
        patched(administrators_program, server, members),
    ):
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert acts() == []


def test_a_server_that_there_is_not_is_404(administrators_program: Program) -> None:
    for path in ("/resource-servers/9000", "/resource-servers/none", f"/resource-servers/{'9' * 5000}"):
        for answer in (
            administrators_program.get(path),
            administrators_program.patch(path, {"may_revoke": True}, If_Match="*"),
            administrators_program.delete(path, If_Match="*"),
            administrators_program.get(f"{path}/secrets"),
            administrators_program.post(f"{path}/secrets"),
            administrators_program.delete(f"{path}/secrets/1"),
        ):
            assert answer.status_code == 404


def test_the_list_is_narrowed_as_on_the_page(administrators_program: Program, orders: Any) -> None:
    ResourceServer.objects.filter(pk=orders.pk).update(is_enabled=False)
    ResourceServerFactory.create(name="Billing API")
    for query in ("q=order", f"q={orders.client_id}", f"client_id={orders.client_id}", "state=disabled"):
        page = administrators_program.get(f"/resource-servers?{query}").json()
        assert [row["id"] for row in page["items"]] == [orders.pk]
    assert listed(administrators_program, "/resource-servers?q=none") == []
    assert administrators_program.get("/resource-servers?state=odd").status_code == 422


def test_pages_walk_every_server_once_by_name_in_as_many_statements(administrators_program: Program) -> None:
    numbers = []
    for most in (2, 5):
        for server in ResourceServerFactory.create_batch(3):
            server.applications.add(ApplicationFactory.create())
        with Statements() as statements:
            administrators_program.get(f"/resource-servers?limit={most}")
        numbers.append(len(statements.sql))
    assert numbers[0] == numbers[1]
    found: list[Any] = listed(administrators_program, "/resource-servers?limit=4")
    assert found == [*ResourceServer.objects.order_by("name").values_list("pk", flat=True)]


def test_val3_a_change_is_felt_at_the_next_question(
    administrators_program: Program, client: Any, orders: Any, excel: TrustedApplication
) -> None:
    pat = issued_pat(UserFactory.create(), ApplicationFactory.create()).plaintext
    assert is_active(client, orders, pat)
    answer = patched(
        administrators_program, orders, {"all_applications": False, "applications": [excel.application_uri]}
    )
    assert (answer.status_code, answer.json()["applications"]) == (200, ["com.example/excel"])
    assert not is_active(client, orders, pat)
    assert patched(administrators_program, orders, {"is_enabled": False}).json()["is_enabled"] is False
    assert authenticate(orders.client_id, orders.plain_secret) is None
    assert acts() == [("resource_server:update", "api", "api_token")] * 2


def test_edit1_what_was_changed_since_it_was_read_is_412(administrators_program: Program, orders: Any) -> None:
    tag = administrators_program.get(path_of(orders))["ETag"]
    assert patched(administrators_program, orders, {"share_profile": True}).status_code == 200
    for answer in (
        administrators_program.patch(path_of(orders), {"name": "Other"}, If_Match=tag),
        administrators_program.delete(path_of(orders), If_Match=tag),
    ):
        assert (answer.status_code, "since: share_profile." in answer.json()["detail"]) == (412, True)
    assert administrators_program.patch(path_of(orders), {"name": "Other"}).status_code == 428
    assert administrators_program.delete(path_of(orders)).status_code == 428


@pytest.mark.django_db(transaction=True)
def test_edit1_of_two_changes_at_once_one_is_412(administrators_program: Program, orders: Any) -> None:
    tag = administrators_program.get(path_of(orders))["ETag"]

    def change(name: str) -> int:
        program = Program(administrators_program.token)
        status: int = program.patch(path_of(orders), {"name": name}, If_Match=tag).status_code
        return status

    with threads() as start:
        found = outcomes(start, lambda: change("One"), lambda: change("Other"))
    assert sorted(found) == [200, 412]
    assert len(acts()) == 1


def test_a_server_is_deleted_and_refused_from_then_on(administrators_program: Program, orders: Any) -> None:
    tag = administrators_program.get(path_of(orders))["ETag"]
    answer = administrators_program.delete(path_of(orders), If_Match=tag)
    assert (answer.status_code, answer.content) == (204, b"")
    assert authenticate(orders.client_id, orders.plain_secret) is None
    assert administrators_program.delete(path_of(orders), If_Match=tag).status_code == 404
    assert acts() == [("resource_server:delete", "api", "api_token")]


def test_t22_a_secret_is_added_told_once_and_the_old_one_removed(administrators_program: Program, orders: Any) -> None:
    path = f"{path_of(orders)}/secrets"
    added = administrators_program.post(path)
    assert added.status_code == 201, added.content
    secret = added.json()["client_secret"]
    assert authenticate(orders.client_id, secret)
    assert authenticate(orders.client_id, orders.plain_secret)
    page = administrators_program.get(path)
    old, new = page.json()["items"]
    assert (new["id"], new["hint"], set(new)) == (
        added.json()["id"],
        added.json()["hint"],
        {"id", "hint", "created_at"},
    )
    assert secret not in page.content.decode()
    assert administrators_program.post(path).status_code == 409
    assert administrators_program.delete(f"{path}/{old['id']}").status_code == 204
    assert authenticate(orders.client_id, orders.plain_secret) is None
    assert administrators_program.delete(f"{path}/{old['id']}").status_code == 404
    only = administrators_program.delete(f"{path}/{new['id']}")
    assert (only.status_code, "only secret" in only.json()["detail"]) == (409, True)
    assert acts() == [
        ("resource_server:add_secret", "api", "api_token"),
        ("resource_server:remove_secret", "api", "api_token"),
    ]


def test_api2_who_may_only_read_sees_servers_and_changes_nothing(program_of: Any, orders: Any) -> None:
    administrator: User = UserFactory.create(administrator=True)
    program = program_of(administrator, scopes=["instance:read"])
    assert program.get(path_of(orders)).status_code == program.get(f"{path_of(orders)}/secrets").status_code == 200
    for answer in (
        program.post("/resource-servers", {"name": "x", "all_applications": True}),
        program.patch(path_of(orders), {"name": "x"}, If_Match="*"),
        program.delete(path_of(orders), If_Match="*"),
        program.post(f"{path_of(orders)}/secrets"),
    ):
        assert answer.status_code == 403
    assert acts() == []
