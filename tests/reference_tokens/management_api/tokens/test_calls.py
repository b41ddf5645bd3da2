"""One token by program: read, renamed, revoked, suspended, resumed and rotated (API-1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import DailyUse, ReferenceToken, RefusalCount
from tests.factories import (
    ApplicationFactory,
    ResourceServerFactory,
    UserFactory,
    alter,
    issued_pat,
    issued_sat,
    rotated,
    used_from,
)
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = pytest.mark.django_db
BIRTHDAY = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel", with_system_user=True)


@pytest.fixture
def pat(ada: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(ada, application, description="Report", scopes=["read", "update"]).token


@pytest.fixture
def sat(application: TrustedApplication) -> ReferenceToken:
    return issued_sat(application, description="Robot").token


def last_entry() -> AuditEvent:
    return AuditEvent.objects.order_by("-seq")[0]


def recorded(action: str, token: ReferenceToken) -> AuditEvent:
    """The last entry, which is of this action about the token and by a program."""
    event = last_entry()
    assert (event.action, event.target_type, event.target_id) == (action, "token", str(token.pk))
    assert (event.source, event.actor_type) == ("api", "api_token")
    return event


def refused(token: ReferenceToken, now: datetime, **why: Any) -> None:
    minute = now.replace(second=0, microsecond=0)
    RefusalCount.objects.create(token=token, minute=minute, first_at=now, last_at=now, **why)


def test_tok16_details_have_chain_uses_and_refusals(administrators_program: Any, pat: ReferenceToken) -> None:
    new = rotated(pat).token
    server = ResourceServerFactory.create(name="Reports API")
    now = timezone.now()
    used_from(pat, {"192.0.2.1": now, "Reports API": now - timedelta(hours=1)})
    alter(pat, last_used_address="192.0.2.1", last_used_server=server)
    DailyUse.objects.create(token=pat, day=now.date(), accepted=3, refused=1)
    refused(pat, now, reason="suspended", door="introspection", server=server, address="192.0.2.9", count=2)
    refused(pat, now, reason="expired", door="forward_auth", count=1)
    with CaptureQueriesContext(connection) as queries:
        answer = administrators_program.get(f"/tokens/{pat.pk}")
    told = answer.json()
    assert [(one["id"], one["is_ended"]) for one in told["chain"]] == [(str(new.pk), False), (str(pat.pk), False)]
    assert (told["chain"][1]["is_still_used"], told["chain_is_longer"]) == (True, False)
    assert told["uses"] == [{"day": now.date().isoformat(), "accepted": 3, "refused": 1}]
    assert told["last_use"]["resource_server"] == server.client_id
    assert [source["name"] for source in told["sources"]] == ["192.0.2.1", "Reports API"]
    assert {(one["reason"], one["resource_server"], one["count"]) for one in told["refusals"]} == {
        ("suspended", server.client_id, 2),
        ("expired", None, 1),
    }
    assert answer["ETag"]
    assert len(queries) <= 9, [one["sql"] for one in queries]


def test_a_token_that_was_never_used_or_rotated_has_empty_details(
    administrators_program: Any, pat: ReferenceToken, application: TrustedApplication
) -> None:
    application.scopes = ("read",)
    application.save()
    told = administrators_program.get(f"/tokens/{pat.pk}").json()
    assert (told["chain"], told["uses"], told["refusals"], told["sources"]) == ([], [], [], [])
    assert (told["last_use"], told["suspension_reason"]) == (None, None)
    assert (told["scopes"], told["scopes_not_offered"]) == (["read"], ["update"])


def test_a_token_is_told_as_used_where_no_resource_server_asked(
    administrators_program: Any, pat: ReferenceToken
) -> None:
    alter(pat, last_used_at=BIRTHDAY, last_used_address="192.0.2.1")
    told = administrators_program.get(f"/tokens/{pat.pk}").json()
    assert told["last_use"] == {"at": "2026-01-31T12:00:00Z", "address": "192.0.2.1", "resource_server": None}


@pytest.mark.parametrize("act", ["", "/revoke", "/suspend", "/resume", "/rotate"])
def test_what_there_is_not_is_404(administrators_program: Any, act: str) -> None:
    call = administrators_program.post if act else administrators_program.get
    assert call(f"/tokens/{uuid4()}{act}").status_code == 404
    assert administrators_program.patch(f"/tokens/{uuid4()}", {"description": "x"}).status_code == 404
    assert call(f"/tokens/none{act}").status_code == 404


@pytest.mark.parametrize("act", ["revoke", "suspend", "resume", "rotate"])
def test_api2_an_act_needs_the_scope(program_of: Any, sat: ReferenceToken, act: str) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read", "self:write"])
    assert reader.post(f"/tokens/{sat.pk}/{act}").status_code == 403
    assert reader.patch(f"/tokens/{sat.pk}", {"description": "x"}).status_code == 403
    assert ReferenceToken.objects.get(pk=sat.pk).description == "Robot"


def test_tok17_a_token_is_renamed_with_or_without_if_match(administrators_program: Any, pat: ReferenceToken) -> None:
    tag = administrators_program.get(f"/tokens/{pat.pk}")["ETag"]
    changed = administrators_program.patch(f"/tokens/{pat.pk}", {"description": " Weekly "}, If_Match=tag)
    assert (changed.status_code, changed.json()["description"]) == (200, "Weekly")
    assert changed["ETag"] != tag
    recorded("token:rename", pat)
    assert administrators_program.patch(f"/tokens/{pat.pk}", {"description": "x"}, If_Match=tag).status_code == 412
    assert administrators_program.patch(f"/tokens/{pat.pk}", {"description": ""}).json()["description"] == ""


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/description"),
        ({"description": "x" * 201}, "#/description"),
        ({"description": "\u202e"}, "#/description"),
        ({"description": None}, "#/description"),
        ({"description": "x", "scopes": ["read"]}, "#/scopes"),
    ],
)
def test_txt1_what_no_token_may_be_called_is_422(
    administrators_program: Any, pat: ReferenceToken, body: Any, pointer: str
) -> None:
    answer = administrators_program.patch(f"/tokens/{pat.pk}", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert ReferenceToken.objects.get(pk=pat.pk).description == "Report"


def test_txt1_a_value_is_no_description_and_is_not_repeated(
    administrators_program: Any, ada: User, application: TrustedApplication
) -> None:
    issued = issued_pat(ada, application)
    answer = administrators_program.patch(f"/tokens/{issued.token.pk}", {"description": issued.plaintext})
    assert answer.status_code == 422
    assert issued.plaintext not in answer.text


def test_tok8_a_token_is_revoked_with_its_old_values_and_twice_is_no_error(
    administrators_program: Any, pat: ReferenceToken
) -> None:
    new = rotated(pat).token
    answer = administrators_program.post(f"/tokens/{new.pk}/revoke", {"reason": "Left"})
    assert answer.status_code == 200, answer.content
    assert answer.json() == answer.json() | {
        "id": str(new.pk),
        "status": "revoked",
        "revocation_reason": "Left",
        "old_values": [str(pat.pk)],
    }
    recorded("token:revoke", pat)
    seq = last_entry().seq
    again = administrators_program.post(f"/tokens/{new.pk}/revoke")
    assert (again.status_code, again.json()["old_values"]) == (200, [])
    assert last_entry().seq == seq


def test_tok10_old_values_are_kept_where_that_is_asked(administrators_program: Any, pat: ReferenceToken) -> None:
    new = rotated(pat).token
    answer = administrators_program.post(f"/tokens/{new.pk}/revoke", {"keep_old_values": True})
    assert answer.json()["old_values"] == []
    assert administrators_program.get(f"/tokens/{pat.pk}").json()["status"] == "active"


def test_tok9_a_token_is_suspended_and_resumed(administrators_program: Any, pat: ReferenceToken) -> None:
    suspended = administrators_program.post(f"/tokens/{pat.pk}/suspend", {"reason": "Holiday"})
    assert (suspended.status_code, suspended.json()["status"]) == (200, "suspended")
    assert recorded("token:suspend", pat).details["reason"] == "Holiday"
    assert administrators_program.get(f"/tokens/{pat.pk}").json()["suspension_reason"] == "Holiday"
    assert administrators_program.post(f"/tokens/{pat.pk}/suspend").status_code == 200
    resumed = administrators_program.post(f"/tokens/{pat.pk}/resume")
    assert (resumed.status_code, resumed.json()["status"], resumed.json()["suspended_at"]) == (200, "active", None)
    recorded("token:resume", pat)
    assert administrators_program.post(f"/tokens/{pat.pk}/resume").status_code == 200


@pytest.mark.parametrize("act", ["suspend", "resume"])
def test_what_has_ended_is_neither_suspended_nor_resumed(
    administrators_program: Any, pat: ReferenceToken, act: str
) -> None:
    administrators_program.post(f"/tokens/{pat.pk}/revoke")
    answer = administrators_program.post(f"/tokens/{pat.pk}/{act}")
    assert (answer.status_code, answer.json()["detail"]) == (409, "It is revoked and stays as it is.")


@pytest.mark.parametrize("reason", ["x" * 201, "\u202e"])
def test_a_reason_that_cannot_be_kept_is_422_and_nothing_is_done(
    administrators_program: Any, pat: ReferenceToken, reason: str
) -> None:
    for act in ("revoke", "suspend"):
        answer = administrators_program.post(f"/tokens/{pat.pk}/{act}", {"reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/reason")
    assert administrators_program.get(f"/tokens/{pat.pk}").json()["status"] == "active"


@pytest.mark.parametrize("caller", ["administrators_program", "automation"])
def test_tok10_a_sat_is_rotated_and_its_value_shown_once(
    caller: str, request: pytest.FixtureRequest, sat: ReferenceToken
) -> None:
    program = request.getfixturevalue(caller)
    answer = program.post(f"/tokens/{sat.pk}/rotate", {"overlap_seconds": 60}, Idempotency_Key="once")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["replaces"], told["kind"], told["application"]) == (str(sat.pk), "SAT", "com.example/excel")
    assert told["token"].startswith("enrt_")
    recorded("token:rotate", sat)
    again = program.post(f"/tokens/{sat.pk}/rotate", {"overlap_seconds": 60}, Idempotency_Key="once")
    assert (again.status_code, again.json()["id"], again.json()["hint"]) == (409, told["id"], told["hint"])
    assert told["token"] not in again.text
    assert ReferenceToken.objects.filter(replaces=sat).count() == 1


def test_a_dry_rotation_shows_no_value_and_does_nothing(administrators_program: Any, sat: ReferenceToken) -> None:
    answer = administrators_program.post(f"/tokens/{sat.pk}/rotate?dry_run=true")
    assert (answer.status_code, answer.json()["token"]) == (200, None)
    assert not ReferenceToken.objects.filter(replaces=sat).exists()


def test_tok10_a_token_that_was_rotated_is_not_rotated_again(administrators_program: Any, sat: ReferenceToken) -> None:
    rotated(sat)
    answer = administrators_program.post(f"/tokens/{sat.pk}/rotate")
    assert (answer.status_code, answer.json()["reason"]) == (409, "replaced")


def test_pol2_a_policy_that_closed_refuses_a_rotation(
    administrators_program: Any, sat: ReferenceToken, application: TrustedApplication
) -> None:
    application.access_tokens_policy = AccessTokensPolicy.NONE
    application.save()
    answer = administrators_program.post(f"/tokens/{sat.pk}/rotate")
    assert (answer.status_code, answer.json()["reason"]) == (409, "policy_none")


@pytest.mark.parametrize("seconds", [-1, 604_801, "soon"])
def test_an_overlap_that_is_none_is_422(administrators_program: Any, sat: ReferenceToken, seconds: Any) -> None:
    answer = administrators_program.post(f"/tokens/{sat.pk}/rotate", {"overlap_seconds": seconds})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/overlap_seconds")


def test_api3_no_pat_and_no_token_of_this_api_is_rotated(
    administrators_program: Any, automation: Any, pat: ReferenceToken
) -> None:
    own = ReferenceToken.objects.get(application__application_uri="reference-tokens/api", kind="SAT")
    for token in (pat, own):
        assert administrators_program.post(f"/tokens/{token.pk}/rotate").status_code == 403
        assert automation.post(f"/tokens/{token.pk}/rotate").status_code == 403
    assert not ReferenceToken.objects.exclude(replaces=None).exists()
