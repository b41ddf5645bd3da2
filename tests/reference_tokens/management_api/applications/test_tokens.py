"""SATs by program: issued, shown once, listed (contract 5, API-3)."""

from __future__ import annotations

from datetime import timedelta
from datetime import timezone as offsets
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, issued_pat
from tests.reference_tokens.management_api.conftest import Program
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db

TWO_HOURS_EAST = offsets(timedelta(hours=2))


@pytest.fixture
def excel() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel", with_system_user=True)


def issued(program: Program, application: TrustedApplication, **members: Any) -> Any:
    headers = {name: members.pop(name) for name in ("Idempotency_Key",) if name in members}
    return program.post(f"/applications/{application.pk}/tokens", {"scopes": ["read"]} | members, **headers)


def test_api1_a_token_is_issued_and_its_value_told_once(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    answer = issued(administrators_program, excel, description="Nightly", expires_in_days=7)
    assert answer.status_code == 201, answer.content
    stored = ReferenceToken.objects.of(excel).get()
    assert answer.json() == {
        "id": str(stored.pk),
        "token": answer.json()["token"],
        "hint": stored.hint,
        "kind": "SAT",
        "application": "com.example/excel",
        "scopes": ["read"],
        "expires_at": f"{stored.expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert (answer["Location"], stored.description) == (f"/api/v1/tokens/{stored.pk}", "Nightly")
    held = Program(answer.json()["token"])._client.get(
        "/api/token", headers={"Authorization": f"Bearer {answer.json()['token']}"}
    )
    assert held.json()["id"] == str(stored.pk)
    event = AuditEvent.objects.get(action="token:issue", target_id=str(stored.pk))
    assert (event.source, event.actor_type) == ("api", "api_token")
    listed = administrators_program.get(f"/applications/{excel.pk}/tokens")
    assert [row["id"] for row in listed.json()["items"]] == [str(stored.pk)]
    assert answer.json()["token"] not in listed.content.decode()


def test_automation_issues_as_nobody(automation: Program, excel: TrustedApplication) -> None:
    assert issued(automation, excel, expires_in_days=7).status_code == 201
    assert ReferenceToken.objects.of(excel).get().issuer is None


def test_tok5_a_token_ends_at_an_instant_with_any_offset_or_never(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    TrustedApplication.objects.filter(pk=excel.pk).update(allows_tokens_without_expiry=True)
    ends = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    for written in (ends.isoformat(), ends.astimezone(TWO_HOURS_EAST).isoformat(), f"{ends:%Y-%m-%dt%H:%M:%S.000z}"):
        answer = issued(administrators_program, excel, expires_at=written)
        assert (answer.status_code, answer.json()["expires_at"]) == (201, f"{ends:%Y-%m-%dT%H:%M:%SZ}")
    assert issued(administrators_program, excel, expires_at=None).json()["expires_at"] is None


@pytest.mark.parametrize(
    ("members", "pointers"),
    [
        ({}, ["#/expires_at"]),
        ({"expires_in_days": 7, "expires_at": None}, ["#/expires_in_days", "#/expires_at"]),
        ({"expires_in_days": 0}, ["#/expires_in_days"]),
        ({"expires_in_days": 367}, ["#/expires_in_days"]),
        ({"expires_in_days": True}, ["#/expires_in_days"]),
        ({"expires_at": None}, ["#/expires_at"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ["#/expires_at"]),
        ({"expires_at": "2030-01-01"}, ["#/expires_at"]),
        ({"expires_at": "2030-01-01T00:00:00"}, ["#/expires_at"]),
        ({"expires_at": "2030-13-01T00:00:00Z"}, ["#/expires_at"]),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, ["#/expires_at"]),
        ({"expires_at": 1893456000}, ["#/expires_at"]),
        ({"expires_in_days": 7, "scopes": []}, ["#/scopes"]),
        ({"expires_in_days": 7, "scopes": ["fly"]}, ["#/scopes"]),
        ({"expires_in_days": 7, "description": "a\u202eb"}, ["#/description"]),
        ({"expires_in_days": 7, "holder": "ada"}, ["#/holder"]),
    ],
)
def test_a_bad_member_is_422_with_a_pointer(
    administrators_program: Program, excel: TrustedApplication, members: dict[str, Any], pointers: list[str]
) -> None:
    answer = issued(administrators_program, excel, **members)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert not ReferenceToken.objects.of(excel).exists()


def test_pol4_what_stands_in_the_way_is_409_in_a_sentence(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    TrustedApplication.objects.filter(pk=excel.pk).update(access_tokens_policy=AccessTokensPolicy.NONE)
    answer = issued(administrators_program, excel, expires_in_days=7)
    assert (answer.status_code, "policy is None" in answer.json()["detail"]) == (409, True)


def test_api3_no_token_for_this_api_is_issued_by_it(
    administrators_program: Program, automation: Program, management_api: TrustedApplication
) -> None:
    for program in (administrators_program, automation):
        answer = issued(program, management_api, scopes=["instance:write"], expires_in_days=7)
        assert (answer.status_code, "by people alone" in answer.json()["detail"]) == (403, True)


def test_a_dry_run_shows_no_value_and_issues_nothing(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    path = f"/applications/{excel.pk}/tokens?dry_run=true"
    answer = administrators_program.post(path, {"scopes": ["read"], "expires_in_days": 7})
    assert (answer.status_code, answer.json()["token"]) == (200, None)
    assert not ReferenceToken.objects.of(excel).exists()


def test_tok3_the_same_key_issues_one_token_and_tells_its_hint_not_its_value(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    first, second = (
        issued(administrators_program, excel, expires_in_days=7, Idempotency_Key="nightly") for _time in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 409)
    assert (second.json()["id"], second.json()["hint"]) == (first.json()["id"], first.json()["hint"])
    assert first.json()["token"] not in second.content.decode()
    assert ReferenceToken.objects.of(excel).count() == 1


def test_the_list_holds_every_token_of_the_application_alone(
    administrators_program: Program, excel: TrustedApplication
) -> None:
    ada = UserFactory.create(username="ada")
    pat = issued_pat(ada, excel).token
    issued_pat(ada, ApplicationFactory.create())
    path = f"/applications/{excel.pk}/tokens"
    assert [row["id"] for row in administrators_program.get(f"{path}?owner=ada").json()["items"]] == [str(pat.pk)]
    assert administrators_program.get(f"{path}?kind=SAT").json() == {"items": [], "next": None}
    assert administrators_program.get(f"{path}?application=x").status_code == 422
