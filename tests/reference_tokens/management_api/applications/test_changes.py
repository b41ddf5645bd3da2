"""EDIT-1, POL-6: applications changed by program, with what becomes of their live tokens."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from reference_tokens.models import ReferenceToken
from tests.concurrency import outcomes, threads
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

CLOSED = {"access_tokens": "None"}


@pytest.fixture
def excel() -> TrustedApplication:
    """An application with two live tokens: a PAT of ada's, and a SAT that lives for 30 days as well."""
    application = ApplicationFactory.create(application_uri="com.example/excel", name="Excel", with_system_user=True)
    issued_pat(UserFactory.create(username="ada"), application)
    issued_sat(application)
    return application


def path_of(application: TrustedApplication) -> str:
    return f"/applications/{application.pk}"


def patched(program: Program, application: TrustedApplication, body: Any, query: str = "") -> Any:
    path = path_of(application)
    return program.patch(path + query, body, If_Match=program.get(path)["ETag"])


def live(application: TrustedApplication) -> int:
    return ReferenceToken.objects.of(application).not_ended(timezone.now()).count()


def policy(application: TrustedApplication) -> str:
    application.refresh_from_db()
    return str(application.access_tokens_policy)


def test_api1_members_are_changed_and_what_is_left_out_stays(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    UserFactory.create(username="anna")
    answer = patched(administrators_program, excel, {"description": "Counts.", "owners": ["anna"]})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["description"], answer.json()["owners"]) == ("Counts.", ["anna"])
    assert (answer.json()["name"], answer.json()["impact"]) == ("Excel", None)
    assert answer["ETag"] == administrators_program.get(path_of(excel))["ETag"]
    event = AuditEvent.objects.get(action="application:update")
    assert (event.source, event.actor_type) == ("api", "api_token")
    assert set(event.details["after"]) == {"description", "owners"}


def test_nothing_to_change_changes_nothing(administrators_program: Program, excel: TrustedApplication) -> None:
    assert patched(administrators_program, excel, {}).status_code == 200
    assert patched(administrators_program, excel, {"name": "Excel"}).status_code == 200
    assert not AuditEvent.objects.filter(action="application:update").exists()


def test_the_system_user_is_taken_away_with_null(administrators_program: Program, excel: TrustedApplication) -> None:
    answer = patched(administrators_program, excel, {"system_user": None, "existing_tokens": "keep"})
    assert answer.json()["system_user"] is None
    assert answer.json()["impact"]["acting_as_another"]["count"] == 1


def test_edit1_what_was_changed_since_it_was_read_is_412(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    path = path_of(excel)
    tag = administrators_program.get(path)["ETag"]
    assert administrators_program.patch(path, {"name": "First"}, If_Match=tag).status_code == 200
    refused = administrators_program.patch(path, {"name": "Second"}, If_Match=tag)
    assert (refused.status_code, "name" in refused.json()["detail"]) == (412, True)
    assert administrators_program.patch(path, {"name": "Third"}).status_code == 428
    assert administrators_program.get(path).json()["name"] == "First"


@pytest.mark.django_db(transaction=True)
def test_edit1_of_two_changes_at_once_one_is_412(administrators_program: Program, excel: TrustedApplication) -> None:
    path, token = path_of(excel), administrators_program.token
    tag = administrators_program.get(path)["ETag"]

    def change(name: str) -> int:
        status: int = Program(token).patch(path, {"name": name}, If_Match=tag).status_code
        return status

    with threads() as start:
        found = outcomes(start, lambda: change("One"), lambda: change("Other"))
    assert sorted(found) == [200, 412]
    assert AuditEvent.objects.filter(action="application:update").count() == 1


def test_pol6_a_change_that_concerns_live_tokens_is_409_with_the_impact(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    answer = patched(administrators_program, excel, CLOSED | {"max_lifetime_days": 7})
    assert (answer.status_code, "existing_tokens" in answer.json()["detail"]) == (409, True)
    owners = [{"count": 1, "kind": "SAT", "username": None}, {"count": 1, "kind": "PAT", "username": "ada"}]
    assert answer.json()["impact"] == {
        "outside_policy": {"count": 2, "owners": owners},
        "living_longer": {"count": 2, "owners": owners},
        "losing_scopes": None,
        "without_scopes": None,
        "disabled": None,
        "acting_as_another": None,
    }
    assert (policy(excel), live(excel)) == ("AuthenticatedUsers", 2)


def test_pol6_a_dry_run_answers_the_impact_and_does_nothing(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    answer = patched(administrators_program, excel, CLOSED, "?dry_run=true")
    assert (answer.status_code, answer.json()["access_tokens"]) == (200, "None")
    refused = patched(administrators_program, excel, CLOSED).json()
    assert {name: answer.json()[name] for name in ("impact", "impact_seen")} == {
        name: refused[name] for name in ("impact", "impact_seen")
    }
    revoking = patched(administrators_program, excel, CLOSED | {"existing_tokens": "revoke"}, "?dry_run=true")
    assert revoking.json()["revoked_tokens"] == 2
    assert (policy(excel), live(excel)) == ("AuthenticatedUsers", 2)
    assert not AuditEvent.objects.filter(action="application:update").exists()


@pytest.mark.parametrize(
    ("choice", "done", "left"), [("keep", (0, 0), 2), ("revoke", (2, 0), 0), ("shorten", (0, 2), 2)]
)
def test_pol6_existing_tokens_are_kept_revoked_or_shortened(
    administrators_program: Program, excel: TrustedApplication, choice: str, done: tuple[int, int], left: int
) -> None:
    body = CLOSED | {"max_lifetime_days": 7, "existing_tokens": choice}
    answer = patched(administrators_program, excel, body).json()
    assert (answer["revoked_tokens"], answer["shortened_tokens"]) == done
    assert (policy(excel), live(excel)) == ("None", left)


def test_pol6_revoke_shortens_what_only_lives_too_long(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    answer = patched(administrators_program, excel, {"max_lifetime_days": 7, "existing_tokens": "revoke"}).json()
    assert (answer["revoked_tokens"], answer["shortened_tokens"], live(excel)) == (0, 2, 2)


def test_many1_what_is_done_is_done_to_the_tokens_that_were_seen(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    body = CLOSED | {"existing_tokens": "revoke"}
    seen = patched(administrators_program, excel, CLOSED).json()["impact_seen"]
    issued_sat(excel)
    refused = patched(administrators_program, excel, body | {"impact_seen": seen})
    assert (refused.status_code, live(excel)) == (409, 3)
    assert refused.json()["impact"]["outside_policy"]["count"] == 3
    done = patched(administrators_program, excel, body | {"impact_seen": refused.json()["impact_seen"]})
    assert (done.status_code, live(excel)) == (200, 0)


def test_api2_a_person_who_is_no_administrator_changes_nothing(program_of: Any, excel: TrustedApplication) -> None:
    program = program_of(UserFactory.create())
    assert program.get(path_of(excel)).status_code == 403
    for answer in (
        program.patch(path_of(excel), {"name": "x"}, If_Match="*"),
        program.post(f"{path_of(excel)}/disable"),
        program.post("/applications", {"application_uri": "com.example/word"}),
    ):
        assert answer.status_code == 403
    assert not AuditEvent.objects.filter(target_type="application").exists()


def test_api2_who_may_only_read_changes_nothing(program_of: Any, excel: TrustedApplication) -> None:
    program = program_of(UserFactory.create(administrator=True), scopes=["instance:read"])
    assert program.get(path_of(excel)).status_code == 200
    for answer in (
        program.patch(path_of(excel), {"name": "x"}, If_Match="*"),
        program.post(f"{path_of(excel)}/disable"),
        program.post(f"{path_of(excel)}/tokens", {"scopes": ["read"], "expires_in_days": 1}),
    ):
        assert answer.status_code == 403
