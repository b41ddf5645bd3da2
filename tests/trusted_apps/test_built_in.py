"""The built-in application of the management API: what of it is fixed, and that its scopes are its alone (API-2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.policy.change import ImpactChoices, change_application
from tests.command_line import Runner
from tests.factories import ApplicationFactory, issued_pat
from trusted_apps.built_in import MANAGEMENT_API_URI, MANAGEMENT_SCOPES
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import create_application, update_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def built_in() -> TrustedApplication:
    return TrustedApplication.objects.get(application_uri=MANAGEMENT_API_URI)


def update(application: TrustedApplication, **values: Any) -> None:
    update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), **values)


def test_api2_every_instance_has_it_closed(built_in: TrustedApplication) -> None:
    assert (built_in.access_tokens_policy, built_in.is_enabled, built_in.system_user) == ("None", True, None)
    assert set(built_in.scopes) == MANAGEMENT_SCOPES
    assert built_in.is_built_in


FIXED: dict[str, Any] = {
    "application_uri": "com.example/other",
    "scopes": ["self:read"],
    "allows_self_rotation": True,
}


@pytest.mark.parametrize("column", FIXED)
def test_api2_what_the_management_api_relies_on_is_not_changed(built_in: TrustedApplication, column: str) -> None:
    stored = TrustedApplication.objects.values().get(pk=built_in.pk)
    with pytest.raises(ValidationError) as refused:
        update(built_in, **{column: FIXED[column]})
    assert list(refused.value.message_dict) == [column]
    assert TrustedApplication.objects.values().get(pk=built_in.pk) == stored
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("column", FIXED)
def test_api2_it_is_refused_before_an_impact_is_asked_about(
    built_in: TrustedApplication, administrator: User, column: str
) -> None:
    update(built_in, access_tokens_policy="AdministratorsOnly")
    built_in.refresh_from_db()
    issued_pat(administrator, built_in, scopes=["self:read"])
    values = {column: FIXED[column], "access_tokens_policy": "None"}
    with pytest.raises(ValidationError):
        change_application(
            actor=OPERATOR, application_id=built_in.pk, now=timezone.now(), choices=ImpactChoices(), **values
        )


def test_api3_a_token_for_it_never_rotates_itself(built_in: TrustedApplication) -> None:
    with pytest.raises(ValidationError, match="rotated by people, never by itself"):
        update(built_in, allows_self_rotation=True)


def test_api2_its_scopes_cannot_be_more_either(built_in: TrustedApplication) -> None:
    with pytest.raises(ValidationError, match="keeps its scopes"):
        update(built_in, scopes=[*MANAGEMENT_SCOPES, "read"])


def test_api2_administrators_decide_the_rest_of_it(built_in: TrustedApplication) -> None:
    robot = ApplicationFactory.create(with_system_user=True).system_user
    update(
        built_in,
        name="Automation",
        description="Ours.",
        access_tokens_policy="AdministratorsOnly",
        system_user=robot,
        max_lifetime_days=30,
        scopes=sorted(MANAGEMENT_SCOPES),
    )
    built_in.refresh_from_db()
    assert (built_in.name, built_in.system_user, built_in.max_lifetime_days) == ("Automation", robot, 30)


@pytest.mark.parametrize("scope", sorted(MANAGEMENT_SCOPES))
def test_api2_its_scopes_are_refused_for_other_applications(application: TrustedApplication, scope: str) -> None:
    with pytest.raises(ValidationError, match="belong to the management API alone"):
        update(application, scopes=["read", scope])
    with pytest.raises(ValidationError, match="belong to the management API alone"):
        create_application(
            actor=OPERATOR, now=timezone.now(), application_uri="com.example/new", name="New", scopes=[scope]
        )
    application.refresh_from_db()
    assert application.scopes == ("read", "update")


def test_an_application_that_had_such_a_scope_before_can_still_be_disabled() -> None:
    before = ApplicationFactory.create(scopes=["read", "self:read"])
    update(before, is_enabled=False, scopes=["read", "self:read"])
    before.refresh_from_db()
    assert not before.is_enabled


@pytest.mark.parametrize("uri", [MANAGEMENT_API_URI, MANAGEMENT_API_URI.upper()])
def test_api2_nobody_registers_another_one(uri: str) -> None:
    with pytest.raises(ValidationError, match="URI"):
        create_application(actor=OPERATOR, now=timezone.now(), application_uri=uri, name="Mine", scopes=["read"])


def test_api2_a_command_refuses_in_one_line(command: Runner) -> None:
    result = command("update_application", MANAGEMENT_API_URI, "--scopes", "read")
    assert result.is_one_line_of_refusal
    assert "keeps its scopes" in result.stderr
    result = command("create_application", "com.example/new", "--scopes", "read instance:write")
    assert "belong to the management API alone" in result.stderr
