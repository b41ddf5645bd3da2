"""Many tokens suspended, resumed or shortened by one call (MANY-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.management_api.resources.tokens import suspensions
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, rotated
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
OF_ADA = {"filter": {"owner": "ada"}}
WHY = {"reason": "Under investigation"}
SOON = (timezone.now() + timedelta(days=2)).replace(microsecond=0)


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel")


@pytest.fixture
def pats(application: TrustedApplication) -> list[ReferenceToken]:
    ada: User = UserFactory.create(username="ada")
    return [issued_pat(ada, application).token for _time in range(3)]


def suspended() -> set[ReferenceToken]:
    return set(ReferenceToken.objects.exclude(suspended_at=None))


def last_entry() -> AuditEvent:
    return AuditEvent.objects.order_by("-seq")[0]


def test_many1_those_of_a_filter_are_suspended_and_resumed_by_one_act_each(
    automation: Any, pats: list[ReferenceToken]
) -> None:
    answer = automation.post("/tokens/suspensions", OF_ADA | WHY | {"expected_count": 3})
    assert (answer.status_code, answer.json()["suspended"]) == (200, 3), answer.content
    assert suspended() == set(pats)
    event = last_entry()
    assert (event.action, event.target_id) == ("token:suspend_many", answer.json()["suspension"])
    assert (event.source, event.actor_type, event.details["count"]) == ("api", "api_token", 3)
    answer = automation.post("/tokens/resumptions", OF_ADA | {"expected_count": 3})
    assert (answer.status_code, answer.json(), suspended()) == (200, {"resumed": 3}, set())
    assert last_entry().action == "token:resume_many"


def test_many1_old_values_that_live_on_are_suspended_too_unless_they_are_kept(
    automation: Any, pats: list[ReferenceToken]
) -> None:
    new = rotated(pats[0]).token
    body = {"ids": [str(new.pk)], **WHY}
    refused = automation.post("/tokens/suspensions", body | {"expected_count": 1})
    assert {name: refused.json()[name] for name in ("status", "count", "old_values")} == {
        "status": 409,
        "count": 2,
        "old_values": 1,
    }
    kept = automation.post("/tokens/suspensions", body | {"expected_count": 1, "keep_old_values": True})
    assert (kept.status_code, suspended()) == (200, {new})
    automation.post("/tokens/resumptions", {"ids": [str(new.pk)], "expected_count": 1})
    assert automation.post("/tokens/suspensions", body | {"expected_count": 2}).json()["old_values"] == 1


def test_many1_those_that_live_longer_are_shortened(automation: Any, pats: list[ReferenceToken]) -> None:
    alter(pats[0], expires_at=timezone.now() + timedelta(days=1))
    body = OF_ADA | {"expires_at": SOON.isoformat(), "expected_count": 2}
    answer = automation.post("/tokens/shortenings", body)
    assert (answer.status_code, answer.json()) == (200, {"shortened": 2}), answer.content
    assert {token.expires_at for token in ReferenceToken.objects.filter(pk__in=[pats[1].pk, pats[2].pk])} == {SOON}
    assert (last_entry().action, last_entry().details["chosen_by"]["owner"]) == ("token:shorten_many", "ada")


@pytest.mark.parametrize(
    ("path", "more", "count"),
    [("suspensions", WHY, 3), ("resumptions", {}, 0), ("shortenings", {"expires_at": SOON.isoformat()}, 3)],
)
def test_many1_another_number_is_409_with_the_real_one_and_nothing_is_done(
    automation: Any, pats: list[ReferenceToken], path: str, more: dict[str, Any], count: int
) -> None:
    before = AuditEvent.objects.count()
    answer = automation.post(f"/tokens/{path}", OF_ADA | more | {"expected_count": 2})
    assert (answer.status_code, answer.json()["count"]) == (409, count)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("path", "function", "more"),
    [
        ("suspensions", "suspend_tokens", WHY),
        ("resumptions", "resume_chosen", {}),
        ("shortenings", "shorten_tokens", {"expires_at": SOON.isoformat()}),
    ],
)
def test_many1_where_another_act_comes_between_all_is_taken_back(
    automation: Any,
    pats: list[ReferenceToken],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    function: str,
    more: dict[str, Any],
) -> None:
    if path == "resumptions":
        alter(pats[0], suspended_at=timezone.now())
    act = getattr(suspensions, function)

    def after_another(**given: Any) -> Any:
        ReferenceToken.objects.filter(pk=pats[0].pk).update(revoked_at=given["now"])
        return act(**given)

    monkeypatch.setattr(suspensions, function, after_another)
    expected = 1 if path == "resumptions" else 3
    answer = automation.post(f"/tokens/{path}", OF_ADA | more | {"expected_count": expected})
    assert answer.status_code == 409
    assert ReferenceToken.objects.get(pk=pats[0].pk).revoked_at is None


def test_no_token_ends_in_the_past(automation: Any, pats: list[ReferenceToken]) -> None:
    body = OF_ADA | {"expires_at": "2020-01-31T12:00:00Z", "expected_count": 3}
    answer = automation.post("/tokens/shortenings", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/expires_at")
