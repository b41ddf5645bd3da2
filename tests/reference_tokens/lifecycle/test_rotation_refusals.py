"""Who may not rotate which token (TOK-10, POL-2, POL-3)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import AlreadyIssued, issue_pat, issue_sat
from reference_tokens.lifecycle.rotation import Refusal, RotationRefused
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, alter
from tests.reference_tokens.lifecycle.rotations import DAY, ISSUED, NOW, expiring, rotated
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle

pytestmark = pytest.mark.django_db


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> ReferenceToken:
    wished = expiring(description="Laptop", scopes=["read", "update"])
    return issue_pat(actor=OPERATOR, user=alice, application=application, token_request=wished, now=ISSUED).token


@pytest.fixture
def sat(application: TrustedApplication) -> ReferenceToken:
    return issue_sat(
        actor=OPERATOR, application=application, token_request=expiring(description="Import"), now=ISSUED
    ).token


def refusal(token: ReferenceToken, actor: Actor = OPERATOR, **given: Any) -> Refusal | Obstacle:
    """Why the token cannot be rotated; nothing was changed."""
    tokens, entries = ReferenceToken.objects.order_by("pk").values(), AuditEvent.objects.count()
    before = list(tokens.all())
    with pytest.raises(RotationRefused) as caught:
        rotated(token, actor=actor, **given)
    assert (list(tokens.all()), AuditEvent.objects.count()) == (before, entries)
    assert str(caught.value) == str(caught.value.reason.label)
    return caught.value.reason


# --- Who may, and what cannot be rotated -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"revoked_at": NOW}, Refusal.REVOKED),
        ({"expires_at": NOW}, Refusal.EXPIRED),
        ({"suspended_at": NOW}, Refusal.SUSPENDED),
        ({"scopes": "delete"}, Refusal.NO_SCOPES),
    ],
)
def test_tok10_what_is_not_good_by_itself_cannot_be_rotated(
    pat: ReferenceToken, columns: dict[str, Any], reason: Refusal
) -> None:
    alter(pat, **columns)
    assert refusal(pat) is reason


def test_tok10_only_the_newest_of_a_chain_can_be_rotated(pat: ReferenceToken) -> None:
    new = rotated(pat, 7 * DAY).token
    assert refusal(pat) is Refusal.REPLACED
    assert rotated(new).token.family == pat.pk


@pytest.mark.parametrize("kind", ["pat", "sat"])
@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"access_tokens_policy": "None"}, Obstacle.POLICY_NONE), ({"is_enabled": False}, Obstacle.APPLICATION_DISABLED)],
)
def test_pol3_the_policy_is_asked_as_for_issuing(
    request: pytest.FixtureRequest, kind: str, columns: dict[str, Any], reason: Obstacle
) -> None:
    token = request.getfixturevalue(kind)
    TrustedApplication.objects.update(**columns)
    assert refusal(token) is reason


def test_pol2_the_pat_of_a_demoted_administrator_cannot_be_rotated(pat: ReferenceToken) -> None:
    TrustedApplication.objects.update(access_tokens_policy="AdministratorsOnly")
    assert refusal(pat) is Obstacle.ADMINISTRATORS_ONLY
    assert pat.holder_id
    User.objects.filter(pk=pat.holder_id).update(is_administrator=True)
    assert rotated(pat).token.holder == pat.holder


def test_pol2_nobody_rotates_the_pat_of_somebody_else(administrator: User, pat: ReferenceToken) -> None:
    with pytest.raises(ValueError, match=r"^a person rotates PATs of nobody but themselves$"):
        rotated(pat, actor=Actor.person(administrator, Source.MANAGE))
    assert ReferenceToken.objects.count() == 1


def test_pol2_a_sat_is_rotated_by_administrators_alone(alice: User, administrator: User, sat: ReferenceToken) -> None:
    assert refusal(sat, actor=Actor.person(alice, Source.MANAGE)) is Obstacle.NOT_AN_ADMINISTRATOR
    assert rotated(sat, actor=Actor.person(administrator, Source.MANAGE)).token.issuer == administrator


def test_tok12_a_sat_needs_a_system_user_who_is_active(application: TrustedApplication, sat: ReferenceToken) -> None:
    assert application.system_user_id
    User.objects.filter(pk=application.system_user_id).update(is_active=False)
    assert refusal(sat) is Obstacle.SYSTEM_USER_INACTIVE
    TrustedApplication.objects.update(system_user=UserFactory.create(system=True))
    assert rotated(sat).token.kind == "SAT"


def test_tok3_one_form_rotates_once(alice: User, pat: ReferenceToken) -> None:
    actor, key = Actor.person(alice, Source.PROFILE), uuid.uuid4()
    new = rotated(pat, actor=actor, request_key=key).token
    with pytest.raises(AlreadyIssued) as caught:
        rotated(pat, actor=actor, request_key=key)
    assert (caught.value.token, ReferenceToken.objects.count()) == (new, 2)


# --- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "pats", "sats"), [("pat", 1, 2), ("sat", 2, 1)])
def test_tok7_a_full_house_can_be_rotated_and_old_values_cannot_pile_up(
    request: pytest.FixtureRequest, settings: Settings, kind: str, pats: int, sats: int
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON, settings.MAX_LIVE_SATS_PER_APPLICATION = pats, sats
    second = rotated(request.getfixturevalue(kind)).token
    with pytest.raises(ValidationError, match="There are 2 live tokens, including old values") as caught:
        rotated(second)
    assert caught.value.code == "too_many_tokens"
    third = rotated(second, timedelta(0)).token
    assert rotated(third, now=NOW + 2 * DAY)
