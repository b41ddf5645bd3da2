"""Users who leave, by program (TOK-11)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, another_device, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def live_tokens() -> int:
    return ReferenceToken.objects.filter(revoked_at=None, holder__username="alice").count()


def actions_about(user: User) -> list[str]:
    events = AuditEvent.objects.filter(target_type="user", target_id=str(user.pk), source="api").order_by("seq")
    return list(events.values_list("action", flat=True))


@pytest.fixture
def two_tokens(alice: User, application: TrustedApplication) -> User:
    """Alice, with two PATs."""
    issued_pat(alice, application)
    issued_pat(alice, application)
    return alice


def test_api1_a_user_is_deactivated_and_keeps_tokens(administrators_program: Any, two_tokens: User) -> None:
    another_device(two_tokens)
    answer = administrators_program.post(f"/users/{two_tokens.pk}/deactivate", {"tokens": "keep"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["user"]["is_active"], told["affected_tokens"], told["revoked_tokens"]) == (False, 2, 0)
    assert live_tokens() == 2
    assert not Session.objects.exists()
    assert actions_about(two_tokens)[-1] == "user:deactivate"
    again = administrators_program.post(f"/users/{two_tokens.pk}/deactivate", {})
    assert (again.status_code, again.json()["affected_tokens"]) == (200, 0)
    back = administrators_program.post(f"/users/{two_tokens.pk}/reactivate", {"expected_count": 2}).json()
    assert (back["user"]["is_active"], back["affected_tokens"]) == (True, 2)
    assert actions_about(two_tokens)[-1] == "user:reactivate"
    assert administrators_program.post(f"/users/{two_tokens.pk}/reactivate").json()["affected_tokens"] == 0


def test_api1_a_user_is_deactivated_without_tokens(administrators_program: Any, two_tokens: User) -> None:
    path = f"/users/{two_tokens.pk}/deactivate"
    dry = administrators_program.post(f"{path}?dry_run=true", {"tokens": "revoke"})
    assert (dry.json()["revoked_tokens"], live_tokens()) == (2, 2)
    answer = administrators_program.post(path, {"tokens": "revoke", "expected_count": 2})
    assert (answer.status_code, answer.json()["affected_tokens"], answer.json()["revoked_tokens"]) == (200, 2, 2)
    assert live_tokens() == 0
    # Sent again, it has nothing left to do.
    assert administrators_program.post(path, {"tokens": "revoke"}).status_code == 200


@pytest.mark.parametrize("tokens", ["keep", "revoke"])
def test_many1_another_number_of_tokens_than_expected_is_409(
    administrators_program: Any, two_tokens: User, tokens: str
) -> None:
    body = {"tokens": tokens, "expected_count": 1}
    answer = administrators_program.post(f"/users/{two_tokens.pk}/deactivate", body)
    assert (answer.status_code, answer.json()["live_tokens"]) == (409, 2)
    two_tokens.refresh_from_db()
    assert (two_tokens.is_active, live_tokens(), actions_about(two_tokens)) == (True, 2, [])


def test_tokens_of_who_is_inactive_already_are_not_said_to_be_revoked(
    administrators_program: Any, two_tokens: User
) -> None:
    administrators_program.post(f"/users/{two_tokens.pk}/deactivate", {})
    answer = administrators_program.post(f"/users/{two_tokens.pk}/deactivate", {"tokens": "revoke"})
    assert (answer.status_code, answer.json()["live_tokens"]) == (409, 2)


def test_the_tokens_of_a_system_user_stay(administrators_program: Any) -> None:
    application = ApplicationFactory.create(with_system_user=True)
    issued_sat(application)
    path = f"/users/{application.system_user_id}"
    assert administrators_program.post(f"{path}/deactivate", {"tokens": "revoke"}).status_code == 409
    answer = administrators_program.post(f"{path}/deactivate", {"expected_count": 1})
    assert (answer.status_code, answer.json()["affected_tokens"]) == (200, 1)
    assert administrators_program.delete(path, If_Match="*").status_code == 409


def test_peo2_the_last_administrator_stays(automation: Any, administrator: User) -> None:
    path = f"/users/{administrator.pk}"
    answer = automation.post(f"{path}/deactivate", {})
    assert (answer.status_code, "last administrator" in answer.json()["detail"]) == (409, True)
    assert automation.delete(path, If_Match="*").status_code == 409
    administrator.refresh_from_db()
    assert administrator.is_active


def test_api3_who_was_an_administrator_comes_back_by_a_person_alone(automation: Any, administrator: User) -> None:
    left = UserFactory.create(administrator=True, is_active=False)
    answer = automation.post(f"/users/{left.pk}/reactivate")
    assert answer.status_code == 409, answer.content
    assert not User.objects.get(pk=left.pk).is_active


def test_api1_a_person_is_deleted(administrators_program: Any, two_tokens: User) -> None:
    path = f"/users/{two_tokens.pk}"
    tag = administrators_program.get(path)["ETag"]
    assert administrators_program.delete(f"{path}?expected_count=3", If_Match=tag).status_code == 409
    assert live_tokens() == 2
    assert administrators_program.delete(f"{path}?expected_count=2", If_Match=tag).status_code == 204
    assert administrators_program.get(path).status_code == 404
    assert actions_about(two_tokens) == ["user:delete"]
    assert not ReferenceToken.objects.filter(holder=two_tokens, revoked_at=None).exists()


def test_a_program_may_leave_with_its_holder_as_on_the_page(program_of: Any) -> None:
    UserFactory.create(administrator=True, username="other", password="argon2$x")
    program = program_of(UserFactory.create(administrator=True, username="self"))
    me = program.get("/me").json()["id"]
    assert program.post(f"/users/{me}/deactivate", {}).status_code == 200
    assert program.get("/me").status_code == 401
