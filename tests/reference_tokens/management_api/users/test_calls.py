"""Users by program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Invitation, User
from accounts.passwords.hashers import HASHING
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.languages import reads_german
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NEW = {"username": "carol", "kind": "person", "name": "Carol", "email": "carol@example.com"}


def last_event() -> AuditEvent:
    return AuditEvent.objects.order_by("seq").last()  # type: ignore[return-value] # each test acts


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content
    return [error.get("pointer") or error["parameter"] for error in answer.json()["errors"]]


def test_api1_a_person_is_invited_by_mail(administrators_program: Any, mailoutbox: list[EmailMessage]) -> None:
    Group.objects.create(name="Data")
    answer = administrators_program.post("/users", NEW | {"groups": ["Data"]})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    counts = {"live_tokens": 0, "is_capped": False, "owned_applications": 0, "applications": 0}
    assert made == NEW | {
        "id": made["id"],
        "is_active": True,
        "is_administrator": False,
        "has_second_factor": False,
        "groups": ["Data"],
        "last_sign_in_at": None,
        "counts": counts,
    }
    assert Invitation.objects.get().user.username == "carol"
    assert [mail.to for mail in mailoutbox] == [["carol@example.com"]]
    created, invited = AuditEvent.objects.filter(target_id=made["id"]).order_by("seq")
    assert (created.action, created.source, created.actor_type) == ("user:create", "api", "api_token")
    assert created.details["groups"] == ["Data"]
    assert invited.action == "user:invite"


def test_api1_an_invited_person_reads_what_who_invites_reads(administrators_program: Any) -> None:
    reads_german(*User.objects.all())
    assert administrators_program.post("/users", NEW).status_code == 201
    assert User.objects.get(username="carol").language == "de"


def test_ava6_while_user_names_cannot_be_compared_the_caller_is_told_when_to_try_again(
    automation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HASHING, "wait_seconds", 0.01)
    with HASHING.slot(), HASHING.slot():
        answer = automation.post("/users", NEW)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not User.objects.filter(username="carol").exists()


def test_api1_a_system_user_is_created(automation: Any) -> None:
    answer = automation.post("/users", {"username": "robot", "kind": "system", "name": "Robot"})
    assert (answer.status_code, answer.json()["kind"], answer.json()["email"]) == (201, "system", "")
    assert not User.objects.get(username="robot").has_usable_password()
    assert (last_event().action, last_event().details["kind"]) == ("user:create", "SYSTEM")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_administrator": True}, ["#/is_administrator"]),
        ({"password": "x"}, ["#/password"]),
        ({"email": ""}, ["#/email"]),
        ({"email": "no address"}, ["#/email"]),
        ({"username": "a b"}, ["#/username"]),
        ({"username": "ALICE"}, ["#"]),
        ({"groups": ["Data", "None", "N\0ne"]}, ["#/groups/1", "#/groups/2"]),
        ({"kind": "system"}, ["#/email"]),
        ({"kind": "robot"}, ["#/kind"]),
        ({"name": None}, ["#/name"]),
        ({"name": "\ud800"}, ["#/name"]),
    ],
)
def test_api3_what_no_program_may_give_is_said_with_a_pointer(
    administrators_program: Any, alice: User, changes: dict[str, Any], expected: list[str]
) -> None:
    Group.objects.create(name="Data")
    assert pointers(administrators_program.post("/users", NEW | changes)) == expected
    assert not User.objects.filter(name="Carol").exists()


def test_users_are_listed_by_name_in_pages(administrators_program: Any) -> None:
    for username in ("Zoe", "anna", "Ben"):
        UserFactory.create(username=username, email=f"{username}@example.com")
    found, path = [], "/users?limit=2"
    while path:
        answer = administrators_program.get(path).json()
        found += [user["username"] for user in answer["items"]]
        path = (answer["next"] or "").removeprefix("/api/v1")
    assert found == sorted(User.objects.values_list("username", flat=True), key=str.lower)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=NNA@example", ["anna"]),
        ("q=nobody", []),
        ("kind=administrator&q=ann", ["annika"]),
        ("kind=system&username=ROBOT", ["robot"]),
        ("state=inactive", ["ben"]),
        ("username=ann", []),
        ("username=a b", []),
    ],
)
def test_users_are_found_by_the_filters_of_the_page(
    administrators_program: Any, query: str, expected: list[str]
) -> None:
    UserFactory.create(username="anna", email="anna@example.com")
    UserFactory.create(username="annika", administrator=True)
    UserFactory.create(username="ben", inactive=True)
    UserFactory.create(username="robot", system=True)
    UserFactory.create(username="gone", deleted_at="2026-01-01T00:00:00Z")
    answer = administrators_program.get(f"/users?{query}")
    assert ([user["username"] for user in answer.json()["items"]], answer.json()["next"]) == (expected, None)


@pytest.mark.parametrize(
    "query", ["kind=robot", "state=asleep", "after=x", "after=WyJhIiwgImIiXQ", "limit=201", "sort=name"]
)
def test_a_parameter_that_is_none_is_422(administrators_program: Any, query: str) -> None:
    assert pointers(administrators_program.get(f"/users?{query}")) == [query.partition("=")[0]]


def test_t37_a_token_is_no_word_to_look_for(administrators_program: Any) -> None:
    answer = administrators_program.get(f"/users?q={administrators_program.token}")
    assert pointers(answer) == ["q"]
    assert administrators_program.token not in answer.content.decode()


def test_a_page_of_many_users_costs_as_many_queries_as_one_of_few(
    administrators_program: Any, application: TrustedApplication
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert administrators_program.get("/users?limit=200").status_code == 200
        return len(captured)

    few = queries()
    for _number in range(20):
        user = UserFactory.create()
        user.groups.add(Group.objects.create(name=user.username))
        issued_pat(user, application)
        ApplicationFactory.create().owners.add(user)
    assert queries() == few


def test_a_user_is_told_with_groups_and_counts(administrators_program: Any, alice: User) -> None:
    owned = ApplicationFactory.create(with_system_user=True)
    owned.owners.add(alice)
    issued_pat(alice, owned)
    issued_sat(owned)
    alice.groups.add(Group.objects.create(name="B"), Group.objects.create(name="A"))
    told = administrators_program.get(f"/users/{alice.pk}").json()
    assert told["groups"] == ["A", "B"]
    assert told["counts"] == {"live_tokens": 1, "is_capped": False, "owned_applications": 1, "applications": 0}
    told = administrators_program.get(f"/users/{owned.system_user_id}").json()
    assert told["counts"] == {"live_tokens": 1, "is_capped": False, "owned_applications": 0, "applications": 1}


def test_api1_a_user_is_changed(administrators_program: Any, alice: User) -> None:
    Group.objects.create(name="Data")
    tag = administrators_program.get(f"/users/{alice.pk}")["ETag"]
    change = {"name": " Alice A. ", "email": "a@example.com", "groups": ["Data"]}
    answer = administrators_program.patch(f"/users/{alice.pk}", change, If_Match=tag)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["name"], told["email"], told["groups"]) == ("Alice A.", "a@example.com", ["Data"])
    assert answer["ETag"] not in {tag, ""}
    event = last_event()
    assert (event.action, event.source, event.actor_type) == ("user:update", "api", "api_token")
    assert event.details["changed"] == ["name", "email", "groups"]
    assert administrators_program.patch(f"/users/{alice.pk}", {}, If_Match=answer["ETag"]).json() == told
    assert last_event() == event


def test_peo1_a_system_user_is_renamed_and_a_person_is_not(administrators_program: Any, alice: User) -> None:
    robot = UserFactory.create(system=True)
    answer = administrators_program.patch(f"/users/{robot.pk}", {"username": "r2", "email": ""}, If_Match="*")
    assert (answer.status_code, answer.json()["username"]) == (200, "r2")
    assert pointers(administrators_program.patch(f"/users/{robot.pk}", {"email": "x@y.zz"}, If_Match="*")) == [
        "#/email"
    ]
    assert pointers(administrators_program.patch(f"/users/{alice.pk}", {"username": "al"}, If_Match="*")) == [
        "#/username"
    ]


def test_api3_no_program_changes_the_address_of_an_administrator(automation: Any) -> None:
    """Whoever reads their mail can choose their password."""
    administrator = UserFactory.create(administrator=True, email="ada@example.com")
    answer = automation.patch(f"/users/{administrator.pk}", {"email": "x@example.com"}, If_Match="*")
    assert answer.status_code == 409
    administrator.refresh_from_db()
    assert administrator.email == "ada@example.com"
    same = automation.patch(f"/users/{administrator.pk}", {"email": "ada@example.com", "name": "Ada"}, If_Match="*")
    assert same.status_code == 200


@pytest.mark.parametrize("member", ["is_administrator", "password", "is_active", "has_second_factor", "sessions", "id"])
def test_api3_no_program_changes_rights_or_proofs(administrators_program: Any, alice: User, member: str) -> None:
    assert pointers(administrators_program.patch(f"/users/{alice.pk}", {member: True}, If_Match="*")) == [f"#/{member}"]


def test_edit1_a_user_who_was_changed_since_is_412(administrators_program: Any, alice: User) -> None:
    path = f"/users/{alice.pk}"
    tag = administrators_program.get(path)["ETag"]
    assert administrators_program.patch(path, {"name": "One"}, If_Match=tag).status_code == 200
    refused = administrators_program.patch(path, {"name": "Two"}, If_Match=tag)
    assert (refused.status_code, "name" in refused.json()["detail"]) == (412, True)
    assert administrators_program.patch(path, {"name": "Two"}).status_code == 428
    assert administrators_program.delete(path).status_code == 428
    assert administrators_program.delete(path, If_Match=tag).status_code == 412
    assert administrators_program.post(f"{path}/deactivate", {}, If_Match=tag).status_code == 412
    assert administrators_program.post(f"{path}/reactivate", {}, If_Match=tag).status_code == 412
    alice.refresh_from_db()
    assert (alice.name, alice.is_active, alice.deleted_at) == ("One", True, None)


def test_api1_an_invitation_is_sent_again(administrators_program: Any, alice: User) -> None:
    person = User.objects.get(pk=administrators_program.post("/users", NEW).json()["id"])
    before = bytes(Invitation.objects.get().digest)
    assert administrators_program.post(f"/users/{person.pk}/invite").status_code == 200
    assert bytes(Invitation.objects.get().digest) != before
    assert last_event().action == "user:invite"
    # No mail reaches her.
    assert administrators_program.post(f"/users/{alice.pk}/invite").status_code == 409


def test_a_user_whom_nobody_knows_is_404(administrators_program: Any) -> None:
    gone = UserFactory.create(deleted_at="2026-01-01T00:00:00Z", is_active=False)
    for user_id in (uuid4(), gone.pk):
        path = f"/users/{user_id}"
        answers = [
            administrators_program.get(path),
            administrators_program.patch(path, {"name": "x"}, If_Match="*"),
            administrators_program.delete(path, If_Match="*"),
            administrators_program.post(f"{path}/deactivate", {}),
            administrators_program.post(f"{path}/reactivate", {}),
            administrators_program.post(f"{path}/invite"),
        ]
        assert {answer.status_code for answer in answers} == {404}


def test_api2_reading_is_not_writing(program_of: Callable[..., Any], alice: User) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read"])
    assert reader.get("/users").status_code == 200
    answers = [
        reader.post("/users", NEW),
        reader.patch(f"/users/{alice.pk}", {}, If_Match="*"),
        reader.delete(f"/users/{alice.pk}", If_Match="*"),
        *[reader.post(f"/users/{alice.pk}/{act}", {}) for act in ("deactivate", "reactivate", "invite")],
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert program_of(alice, ["self:read"]).get("/users").status_code == 403
