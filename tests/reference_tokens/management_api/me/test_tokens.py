"""One's own tokens by program: those of a person, and of a SAT itself alone (API-2)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.reference_tokens.management_api.many import listed
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def application() -> TrustedApplication:
    return ApplicationFactory.create(with_system_user=True)


@pytest.fixture
def program(program_of: Any, ada: User) -> Any:
    """A program of somebody who is no administrator."""
    return program_of(ada, ["self:read", "self:write"])


@pytest.fixture
def pat(ada: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(ada, application, description="Report").token


def test_api2_a_person_lists_their_own_tokens_alone(
    program: Any, pat: ReferenceToken, application: TrustedApplication
) -> None:
    issued_pat(UserFactory.create(), application)
    issued_sat(application)
    own = {str(pat.pk), program.get("/me").json()["token_id"]}
    assert set(listed(program, "/me/tokens?limit=1")) == own
    assert listed(program, f"/me/tokens?application={application.application_uri}") == [str(pat.pk)]
    assert program.get("/me/tokens?state=ended").json() == {"items": [], "next": None}
    assert program.get("/me/tokens?owner=ada").status_code == 422


def test_a_person_reads_and_renames_their_token(program: Any, pat: ReferenceToken) -> None:
    assert program.get(f"/me/tokens/{pat.pk}").json()["description"] == "Report"
    answer = program.patch(f"/me/tokens/{pat.pk}", {"description": "Weekly"})
    assert (answer.status_code, answer.json()["description"]) == (200, "Weekly")
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.source, event.actor_type) == ("token:rename", "api", "api_token")


def test_a_person_rotates_and_revokes_their_token(program: Any, pat: ReferenceToken) -> None:
    answer = program.post(f"/me/tokens/{pat.pk}/rotate", {"overlap_seconds": 0})
    assert (answer.status_code, answer.json()["kind"]) == (201, "PAT")
    new = answer.json()["id"]
    revoked = program.post(f"/me/tokens/{new}/revoke", {"reason": "Not needed"})
    assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.action, event.target_id, event.actor_type) == ("token:revoke", new, "api_token")


def test_tok8_the_tokens_of_others_are_404(program: Any, application: TrustedApplication) -> None:
    for token in (issued_pat(UserFactory.create(), application).token, issued_sat(application).token):
        path = f"/me/tokens/{token.pk}"
        assert program.get(path).status_code == 404
        assert program.patch(path, {"description": "x"}).status_code == 404
        assert program.post(f"{path}/rotate").status_code == 404
        assert program.post(f"{path}/revoke").status_code == 404
        assert ReferenceToken.objects.get(pk=token.pk).revoked_at is None


def test_api2_who_may_only_read_changes_nothing(program_of: Any, ada: User, pat: ReferenceToken) -> None:
    reader = program_of(ada, ["self:read"])
    path = f"/me/tokens/{pat.pk}"
    assert reader.get(path).status_code == 200
    assert reader.patch(path, {"description": "x"}).status_code == 403
    assert reader.post(f"{path}/rotate").status_code == 403
    assert reader.post(f"{path}/revoke").status_code == 403
    assert program_of(ada, ["self:write"]).get(path).status_code == 403


def test_api3_the_token_that_calls_is_revoked_and_never_rotated(program: Any) -> None:
    own = program.get("/me").json()["token_id"]
    assert program.post(f"/me/tokens/{own}/rotate").status_code == 403
    assert program.post(f"/me/tokens/{own}/revoke").status_code == 200
    assert program.get("/me").status_code == 401


def test_api2_a_sat_is_its_only_token_itself(
    automation: Any, management_api: TrustedApplication, application: TrustedApplication
) -> None:
    application.system_user = management_api.system_user
    application.save()
    others = [issued_sat(management_api, scopes=["self:read"]).token, issued_sat(application).token]
    own = automation.get("/me").json()["token_id"]
    assert listed(automation, "/me/tokens") == [own]
    for other in others:
        assert automation.get(f"/me/tokens/{other.pk}").status_code == 404
    assert automation.patch(f"/me/tokens/{own}", {"description": "Robot"}).json()["description"] == "Robot"
    assert automation.post(f"/me/tokens/{own}/rotate").status_code == 403
