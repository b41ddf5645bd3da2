"""Many tokens revoked by one call (MANY-1)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.lifecycle import revocation
from reference_tokens.management_api.resources.tokens import revocations
from reference_tokens.models import HashKey, ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat, rotated
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
PATH = "/tokens/revocations"
OF_ADA = {"filter": {"owner": "ada"}, "reason": "Left"}


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(application_uri="com.example/excel", with_system_user=True)


@pytest.fixture
def pats(ada: User, application: TrustedApplication) -> list[ReferenceToken]:
    return [issued_pat(ada, application).token for _time in range(3)]


def revoked() -> set[ReferenceToken]:
    return set(ReferenceToken.objects.exclude(revoked_at=None))


def test_many1_those_of_a_filter_end_by_one_act_with_one_entry(
    administrators_program: Any, pats: list[ReferenceToken], application: TrustedApplication
) -> None:
    issued_sat(application)
    answer = administrators_program.post(PATH, OF_ADA | {"expected_count": 3})
    assert (answer.status_code, answer.json()) == (200, {"revoked": 3, "old_values": 0}), answer.content
    assert revoked() == set(pats)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.source, event.actor_type) == ("token:revoke_many", "api", "api_token")
    assert event.details == {"chosen_by": {"state": "live", "owner": "ada"}, "count": 3, "reason": "Left"}


def test_many1_another_number_is_409_with_the_real_one_and_nothing_is_done(
    administrators_program: Any, pats: list[ReferenceToken]
) -> None:
    new = rotated(pats[0]).token
    answer = administrators_program.post(
        PATH, OF_ADA | {"expected_count": 3, "filter": {"owner": "ada", "q": new.hint}}
    )
    assert answer.status_code == 409
    assert {name: answer.json()[name] for name in ("count", "old_values")} == {"count": 2, "old_values": 1}
    assert revoked() == set()


def test_many1_what_changes_while_it_is_revoked_takes_all_back(
    administrators_program: Any, pats: list[ReferenceToken], monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_another(**given: Any) -> int:
        alter(pats[0], revoked_at=given["now"])
        return revocation.revoke_tokens(**given)

    monkeypatch.setattr(revocations, "revoke_tokens", after_another)
    answer = administrators_program.post(PATH, OF_ADA | {"expected_count": 3})
    assert (answer.status_code, answer.json()["count"]) == (409, 2)
    assert revoked() == set()


def test_tok10_old_values_end_too_unless_they_are_kept(administrators_program: Any, pats: list[ReferenceToken]) -> None:
    new = rotated(pats[0]).token
    named = {"ids": [str(new.pk)], "reason": "Left"}
    kept = administrators_program.post(f"{PATH}?dry_run=true", named | {"expected_count": 1, "keep_old_values": True})
    assert (kept.status_code, kept.json()) == (200, {"revoked": 1, "old_values": 0})
    assert revoked() == set()
    both = administrators_program.post(PATH, named | {"expected_count": 2})
    assert both.json() == {"revoked": 2, "old_values": 1}
    assert revoked() == {new, pats[0]}


def test_all_are_all_and_the_token_that_asks_too(automation: Any, pats: list[ReferenceToken]) -> None:
    answer = automation.post(PATH, {"all": True, "expected_count": 4, "reason": "Leak"})
    assert answer.json() == {"revoked": 4, "old_values": 0}
    assert automation.get("/me").status_code == 401


def test_tok2_those_under_lost_keys_are_chosen_together(
    administrators_program: Any, pats: list[ReferenceToken]
) -> None:
    lost = HashKey.objects.create(id="lost-key", created_at=pats[0].issued_at)
    alter(pats[0], hash_key=lost)
    answer = administrators_program.post(PATH, {"lost_keys": True, "expected_count": 1, "reason": "Key lost"})
    assert answer.json() == {"revoked": 1, "old_values": 0}
    assert revoked() == {pats[0]}


def test_none_are_left_to_be_revoked(administrators_program: Any) -> None:
    body = {"filter": {"owner": "nobody"}, "expected_count": 0, "reason": "Nothing"}
    seq = AuditEvent.objects.count()
    assert administrators_program.post(PATH, body).json() == {"revoked": 0, "old_values": 0}
    assert AuditEvent.objects.count() == seq


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"filter": None}, "#"),
        ({"all": True}, "#"),
        ({"filter": {}}, "#/filter"),
        ({"filter": {"owner": "\0"}}, "#/filter/owner"),
        ({"filter": {"color": "red"}}, "#/filter/color"),
        ({"filter": {"state": "gone"}}, "#/filter/state"),
        ({"filter": {"unused": "5"}}, "#/filter/unused"),
        ({"filter": {"issued_before": 0}}, "#/filter/issued_before"),
        ({"expected_count": -1}, "#/expected_count"),
        ({"expected_count": "3"}, "#/expected_count"),
        ({"reason": ""}, "#/reason"),
        ({"reason": "\u202e"}, "#/reason"),
        ({"filter": None, "ids": ["x"]}, "#/ids/0"),
    ],
)
def test_what_is_no_choice_is_422_with_its_place(
    administrators_program: Any, pats: list[ReferenceToken], changes: Any, pointer: str
) -> None:
    answer = administrators_program.post(PATH, OF_ADA | {"expected_count": 3} | changes)
    assert answer.status_code == 422, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert revoked() == set()


def test_api2_it_needs_the_scope_to_write(program_of: Any, pats: list[ReferenceToken]) -> None:
    reader = program_of(UserFactory.create(administrator=True), ["instance:read", "self:write"])
    assert reader.post(PATH, OF_ADA | {"expected_count": 3}).status_code == 403
