"""Groups and their members by program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from reference_tokens.management_api.resources.groups.members import MOST_TOLD
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(alice: User) -> Group:
    """Data, with alice in it."""
    group = Group.objects.create(name="Data")
    alice.groups.add(group)
    return group


def actions_about(group_id: int) -> list[str]:
    events = AuditEvent.objects.filter(target_type="group", target_id=str(group_id)).order_by("seq")
    assert {(event.source, event.actor_type) for event in events} <= {("api", "api_token")}
    return [event.action for event in events]


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content
    return [error.get("pointer") or error["parameter"] for error in answer.json()["errors"]]


def test_api1_a_group_is_added_changed_and_deleted(administrators_program: Any, alice: User, bob: User) -> None:
    added = administrators_program.post("/groups", {"name": " Data ", "members": ["ALICE", "alice"]})
    assert added.status_code == 201, added.content
    group_id = added.json()["id"]
    assert added.json() == {"id": group_id, "name": "Data", "members": ["alice"], "member_count": 1}
    path = f"/groups/{group_id}"
    read = administrators_program.get(path)
    assert (read.json(), read["ETag"]) == (added.json(), added["ETag"])
    changed = administrators_program.patch(path, {"name": "More", "members": ["bob"]}, If_Match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.json()["name"], changed.json()["members"]) == ("More", ["bob"])
    assert administrators_program.delete(path, If_Match=read["ETag"]).status_code == 412
    assert administrators_program.delete(path, If_Match=changed["ETag"]).status_code == 204
    assert actions_about(group_id) == [
        "group:create",
        "group:add_member",
        "group:rename",
        "group:add_member",
        "group:remove_member",
        "group:delete",
    ]


def test_edit1_a_group_is_changed_as_it_was_read(administrators_program: Any, group: Group, bob: User) -> None:
    path = f"/groups/{group.pk}"
    tag = administrators_program.get(path)["ETag"]
    assert administrators_program.patch(path, {"name": "x"}).status_code == 428
    assert administrators_program.delete(path).status_code == 428
    bob.groups.add(group)
    refused = administrators_program.patch(path, {"name": "x"}, If_Match=tag)
    assert (refused.status_code, "members" in refused.json()["detail"]) == (412, True)
    assert administrators_program.patch(path, {"name": "x"}, If_Match="*").json()["members"] == ["alice", "bob"]
    assert administrators_program.patch(path, {}, If_Match="*").json()["name"] == "x"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "data"}, ["#/name"]),
        ({"name": ""}, ["#/name"]),
        ({"name": "a\0b"}, ["#/name"]),
        ({}, ["#/name"]),
        ({"name": "New", "members": ["alice", "nobody", "n\0body"]}, ["#/members/1", "#/members/2"]),
        ({"name": "New", "members": ["alice"] * (MOST_TOLD + 1)}, ["#/members"]),
        ({"name": "New", "id": 3}, ["#/id"]),
    ],
)
def test_what_is_invalid_is_said_with_a_pointer(
    administrators_program: Any, group: Group, body: dict[str, Any], expected: list[str]
) -> None:
    assert pointers(administrators_program.post("/groups", body)) == expected
    assert list(Group.objects.all()) == [group]


def test_groups_are_listed_by_name_and_found(administrators_program: Any, group: Group, alice: User) -> None:
    for name in ("Beta", "alpha"):
        Group.objects.create(name=name)
    found, path = [], "/groups?limit=1"
    while path:
        answer = administrators_program.get(path).json()
        found += [one["name"] for one in answer["items"]]
        path = (answer["next"] or "").removeprefix("/api/v1")
    assert found == list(Group.objects.order_by("name").values_list("name", flat=True))
    for query, names in (("q=ET", ["Beta"]), (f"member={alice.pk}", ["Data"]), ("q=none", [])):
        answer = administrators_program.get(f"/groups?{query}").json()
        assert ([one["name"] for one in answer["items"]], answer["next"]) == (names, None)
    assert pointers(administrators_program.get("/groups?member=alice")) == ["member"]


def test_a_page_of_many_groups_costs_as_many_queries_as_one_of_few(administrators_program: Any, group: Group) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert administrators_program.get("/groups").status_code == 200
        return len(captured)

    few = queries()
    for number in range(10):
        UserFactory.create().groups.add(Group.objects.create(name=str(number)))
    assert queries() == few


def test_a_large_group_has_its_members_in_pages(administrators_program: Any, group: Group) -> None:
    for user in UserFactory.create_batch(MOST_TOLD):
        user.groups.add(group)
    path = f"/groups/{group.pk}"
    told = administrators_program.get(path).json()
    assert (told["members"], told["member_count"]) == (None, MOST_TOLD + 1)
    assert administrators_program.patch(path, {"members": ["alice"]}, If_Match="*").status_code == 409
    page = administrators_program.get(f"{path}/members?limit=100").json()
    assert len(page["items"]) == MOST_TOLD
    rest = administrators_program.get(page["next"].removeprefix("/api/v1")).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    found = administrators_program.get(f"{path}/members?q=alic").json()["items"]
    assert [user["username"] for user in found] == ["alice"]


def test_api1_members_are_added_and_removed(administrators_program: Any, group: Group, bob: User) -> None:
    path = f"/groups/{group.pk}/members"
    added = administrators_program.post(path, {"members": ["bob", "alice"]})
    assert (added.status_code, added.json()["members"]) == (200, ["alice", "bob"])
    assert administrators_program.post(path, {"members": ["bob"]}).status_code == 200
    assert pointers(administrators_program.post(path, {"members": ["bob", "none"]})) == ["#/members/1"]
    assert pointers(administrators_program.post(path, {"members": []})) == ["#/members"]
    assert administrators_program.delete(f"{path}/{bob.pk}").status_code == 204
    assert administrators_program.delete(f"{path}/{bob.pk}").status_code == 404
    assert actions_about(group.pk) == ["group:add_member", "group:remove_member"]


def test_a_group_that_nobody_knows_is_404(administrators_program: Any, alice: User) -> None:
    for group_id in (4711, 10**30):
        path = f"/groups/{group_id}"
        answers = [
            administrators_program.get(path),
            administrators_program.patch(path, {"name": "x"}, If_Match="*"),
            administrators_program.delete(path, If_Match="*"),
            administrators_program.get(f"{path}/members"),
            administrators_program.post(f"{path}/members", {"members": ["alice"]}),
            administrators_program.delete(f"{path}/members/{alice.pk}"),
        ]
        assert {answer.status_code for answer in answers} == {404}


def test_api2_reading_is_not_writing(program_of: Callable[..., Any], group: Group, alice: User) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read"])
    path = f"/groups/{group.pk}"
    assert {reader.get(one).status_code for one in ("/groups", path, f"{path}/members")} == {200}
    answers = [
        reader.post("/groups", {"name": "x"}),
        reader.patch(path, {}, If_Match="*"),
        reader.delete(path, If_Match="*"),
        reader.post(f"{path}/members", {"members": ["alice"]}),
        reader.delete(f"{path}/members/{uuid4()}"),
    ]
    assert {answer.status_code for answer in answers} == {403}
