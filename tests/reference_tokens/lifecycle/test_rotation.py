"""Rotating a token (TOK-10): what the new value is, what becomes of the old one, and who may not."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle import rotation
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuedToken, issue_pat, issue_sat
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import OVERLAPS, Refusal, RotationRefused, rotate_itself, rotate_token
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, alter, token_request
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle

pytestmark = pytest.mark.django_db

ISSUED = datetime(2027, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
NOW = datetime(2027, 3, 11, 12, 0, 0, 750_000, tzinfo=UTC)
WHOLE_NOW = NOW.replace(microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def expiring(**changes: Any) -> Any:
    """A token_request for a token of 30 days."""
    return token_request(**{"expires_at": ISSUED.replace(microsecond=0) + 30 * DAY} | changes)


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> ReferenceToken:
    wished = expiring(description="Laptop", scopes=["read", "update"])
    return issue_pat(actor=OPERATOR, user=alice, application=application, token_request=wished, now=ISSUED).token


@pytest.fixture
def sat(application: TrustedApplication) -> ReferenceToken:
    return issue_sat(
        actor=OPERATOR, application=application, token_request=expiring(description="Import"), now=ISSUED
    ).token


def rotated(token: ReferenceToken, overlap: timedelta = DAY, actor: Actor = OPERATOR, **given: Any) -> IssuedToken:
    return rotate_token(actor=actor, token_id=token.pk, overlap=overlap, **{"now": NOW} | given)


def by_itself(token: ReferenceToken, overlap: timedelta = DAY, now: datetime = NOW) -> IssuedToken:
    return rotate_itself(token_id=token.pk, address="192.0.2.7", overlap=overlap, now=now)


def refusal(token: ReferenceToken, actor: Actor = OPERATOR, **given: Any) -> Refusal | Obstacle:
    """Why the token cannot be rotated; nothing was changed."""
    tokens, entries = ReferenceToken.objects.order_by("pk").values(), AuditEvent.objects.count()
    before = list(tokens.all())
    with pytest.raises(RotationRefused) as caught:
        rotated(token, actor=actor, **given)
    assert (list(tokens.all()), AuditEvent.objects.count()) == (before, entries)
    return caught.value.reason


# --- The new value ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pat", "sat"])
def test_tok10_a_new_value_has_all_that_the_old_one_had(request: pytest.FixtureRequest, kind: str) -> None:
    old: ReferenceToken = request.getfixturevalue(kind)
    new = ReferenceToken.objects.get(pk=rotated(old).token.pk)
    for name in ("kind", "application_id", "holder_id", "scopes", "description"):
        assert getattr(new, name) == getattr(old, name)
    assert (new.issued_at, new.last_used_at, new.request_key) == (NOW, None, None)
    assert new.hint != old.hint


def test_tok10_it_lives_as_long_as_the_old_one_was_given(pat: ReferenceToken) -> None:
    assert rotated(pat).token.expires_at == WHOLE_NOW + 30 * DAY


def test_tok10_todays_maximum_binds_the_length_of_life(pat: ReferenceToken) -> None:
    TrustedApplication.objects.update(max_lifetime_days=10)
    assert rotated(pat).token.expires_at == WHOLE_NOW + 10 * DAY


@pytest.mark.parametrize(("allowed", "expires_at"), [(True, None), (False, WHOLE_NOW + 366 * DAY)])
def test_tok5_without_end_only_where_that_is_still_allowed(
    alice: User, application: TrustedApplication, allowed: bool, expires_at: datetime | None
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    endless = expiring(expires_at=None)
    old = issue_pat(actor=OPERATOR, user=alice, application=application, token_request=endless, now=ISSUED).token
    TrustedApplication.objects.update(allows_tokens_without_expiry=allowed)
    assert rotated(old).token.expires_at == expires_at
    old.refresh_from_db()
    assert old.expires_at == WHOLE_NOW + DAY


def test_t13_only_scopes_that_the_application_still_offers_are_kept(pat: ReferenceToken) -> None:
    TrustedApplication.objects.update(scopes="read")
    assert rotated(pat).token.scopes == ("read",)


def test_tok10_a_chain_knows_its_first_token_and_its_order(pat: ReferenceToken) -> None:
    second = rotated(pat).token
    third = rotated(second).token
    assert set(ReferenceToken.objects.values_list("family", flat=True)) == {pat.pk}
    assert [token.replaces_id for token in (ReferenceToken.objects.get(pk=pat.pk), second, third)] == [
        None,
        pat.pk,
        second.pk,
    ]
    assert ReferenceToken.objects.get(pk=pat.pk).successor == second


def test_tok4_who_rotates_is_the_issuer_and_the_form_stands_in_its_row(alice: User, pat: ReferenceToken) -> None:
    key = uuid.uuid4()
    token = rotated(pat, actor=Actor.person(alice, Source.PROFILE), request_key=key).token
    assert (token.issuer, token.request_key) == (alice, key)


# --- The old value ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [overlap for overlap in OVERLAPS if overlap])
def test_tok10_the_old_value_lives_on_for_the_overlap_and_ends_then(pat: ReferenceToken, overlap: timedelta) -> None:
    rotated(pat, overlap)
    pat.refresh_from_db()
    end = WHOLE_NOW + overlap
    assert (pat.expires_at, pat.revoked_at, pat.state(end - timedelta(microseconds=1))) == (end, None, "live")
    assert pat.state(end) == "expired"
    assert pat.ended_by_its_rotation


def test_tok10_it_never_lives_longer_than_it_would_have(pat: ReferenceToken) -> None:
    alter(pat, expires_at=NOW + HOUR)
    rotated(pat, 7 * DAY)
    pat.refresh_from_db()
    assert pat.expires_at == NOW + HOUR


def test_tok10_without_overlap_it_is_revoked_at_once_whatever_a_clock_says(alice: User, pat: ReferenceToken) -> None:
    new = rotated(pat, timedelta(0), actor=Actor.person(alice, Source.PROFILE)).token
    pat.refresh_from_db()
    assert (pat.revoked_at, pat.revoked_by, pat.revocation_source) == (NOW, alice, "profile")
    assert pat.why_revoked.in_words() == f"Replaced by {new.hint}"
    assert pat.state(NOW - DAY) == "revoked"
    assert pat.ended_by_its_rotation


def test_tok10_what_is_revoked_while_it_lives_on_did_not_end_by_its_rotation(pat: ReferenceToken) -> None:
    rotated(pat)
    revoke_token(actor=OPERATOR, token_id=pat.pk, now=NOW + HOUR, reason="Leaked")
    pat.refresh_from_db()
    assert not pat.ended_by_its_rotation


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=7, seconds=1)])
def test_tok10_another_overlap_is_a_mistake_of_the_program(pat: ReferenceToken, overlap: timedelta) -> None:
    with pytest.raises(ValueError, match="7 days at most"):
        rotated(pat, overlap)


# --- The record ------------------------------------------------------------------------------------------------------


def test_aud1_a_rotation_is_recorded_of_both_values(alice: User, pat: ReferenceToken) -> None:
    actor = Actor.person(alice, Source.PROFILE, address="192.0.2.7")
    new = rotated(pat, actor=actor).token
    issue, rotate = AuditEvent.objects.order_by("-seq")[:2][::-1]
    assert (issue.action, issue.target_id, issue.details["replaces"]) == ("token:issue", str(new.pk), str(pat.pk))
    assert (rotate.action, rotate.target_id, rotate.actor_id) == ("token:rotate", str(pat.pk), str(alice.pk))
    assert rotate.details == {
        "replaced_by": str(new.pk),
        "overlap_seconds": 86_400,
        "before": {"expires_at": "2027-03-31T09:30:00+00:00"},
        "after": {"expires_at": "2027-03-12T12:00:00+00:00"},
    }


def test_aud1_the_end_of_a_value_that_would_have_lived_for_ever_is_recorded(pat: ReferenceToken) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    alter(pat, expires_at=None)
    rotated(pat, timedelta(0))
    details = AuditEvent.objects.get(action="token:rotate").details
    assert (details["before"], details["after"]) == ({"expires_at": None}, {"expires_at": NOW.isoformat()})


def test_pol3_the_locks_are_taken_in_one_order(sat: ReferenceToken, administrator: User) -> None:
    with Statements() as statements:
        rotated(sat, actor=Actor.person(administrator, Source.MANAGE))
    locked = [sql.split(" FROM ")[1].split()[0].strip('"') for sql in statements.sql if "FOR NO KEY" in sql]
    expected = ["trusted_apps_trustedapplication", "accounts_user", "reference_tokens_referencetoken"]
    expected.append("reference_tokens_hashkey")
    assert locked == (expected if connection.vendor == "postgresql" else [])
    assert "audithead" in [sql for sql in statements.sql if sql.startswith("UPDATE")][-1]


def test_a_fault_between_the_insert_and_the_commit_leaves_neither(
    pat: ReferenceToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: Any, **_kwargs: Any) -> None:
        assert ReferenceToken.objects.count() == 2
        raise KeyboardInterrupt

    before, entries = ReferenceToken.objects.values().get(), AuditEvent.objects.count()
    monkeypatch.setattr(rotation, "record_event", killed)
    with pytest.raises(KeyboardInterrupt):
        rotated(pat)
    assert (ReferenceToken.objects.values().get(), AuditEvent.objects.count()) == (before, entries)


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
    User.objects.filter(pk=pat.holder_id).update(is_administrator=True)
    assert rotated(pat).token.holder == pat.holder


def test_pol2_nobody_rotates_the_pat_of_somebody_else(administrator: User, pat: ReferenceToken) -> None:
    with pytest.raises(ValueError, match="nobody but themselves"):
        rotated(pat, actor=Actor.person(administrator, Source.MANAGE))
    assert ReferenceToken.objects.count() == 1


def test_pol2_a_sat_is_rotated_by_administrators_alone(alice: User, administrator: User, sat: ReferenceToken) -> None:
    assert refusal(sat, actor=Actor.person(alice, Source.MANAGE)) is Obstacle.NOT_AN_ADMINISTRATOR
    assert rotated(sat, actor=Actor.person(administrator, Source.MANAGE)).token.issuer == administrator


def test_tok12_a_sat_needs_a_system_user_who_is_active(application: TrustedApplication, sat: ReferenceToken) -> None:
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


@pytest.mark.parametrize("kind", ["pat", "sat"])
def test_tok7_a_full_house_can_be_rotated_and_old_values_cannot_pile_up(
    request: pytest.FixtureRequest, settings: Settings, kind: str
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = settings.MAX_LIVE_SATS_PER_APPLICATION = 1
    second = rotated(request.getfixturevalue(kind)).token
    with pytest.raises(ValidationError, match="There are 2 live tokens, with old values that live on"):
        rotated(second)
    third = rotated(second, timedelta(0)).token
    assert rotated(third, now=NOW + 2 * DAY)


# --- By itself -------------------------------------------------------------------------------------------------------


@pytest.fixture
def allowed(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_self_rotation=True)


def test_tok10_a_token_rotates_itself_only_where_its_application_allows_it(pat: ReferenceToken) -> None:
    with pytest.raises(RotationRefused) as caught:
        by_itself(pat)
    assert caught.value.reason is Refusal.NOT_BY_ITSELF


def test_tok10_what_rotated_itself_is_still_the_doing_of_its_first_issuer(
    alice: User, administrator: User, sat: ReferenceToken, allowed: None
) -> None:
    alter(sat, issuer=administrator)
    new = by_itself(sat).token
    assert (new.issuer, new.kind) == (administrator, "SAT")
    event = AuditEvent.objects.get(action="token:rotate")
    assert (event.source, event.actor_type, event.actor_id, event.address) == ("api", "token", str(sat.pk), "192.0.2.7")


def test_tok10_it_never_gets_past_the_life_of_the_first_of_its_chain(pat: ReferenceToken, allowed: None) -> None:
    TrustedApplication.objects.update(max_lifetime_days=45)
    end, now, token = ISSUED.replace(microsecond=0) + 45 * DAY, NOW, pat
    ends = []
    for _turn in range(3):
        token = by_itself(token, timedelta(0), now).token
        ends.append(token.expires_at)
        now += 12 * DAY
    assert ends == [WHOLE_NOW + 30 * DAY, end, end]
    alter(token, expires_at=end + 30 * DAY)
    with pytest.raises(RotationRefused) as caught:
        by_itself(token, now=end)
    assert caught.value.reason is Refusal.CHAIN_TOO_OLD
    assert rotated(token, now=end).token.expires_at


def test_tok10_what_never_ends_may_go_on_rotating_itself_where_that_is_allowed(
    pat: ReferenceToken, allowed: None
) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    alter(pat, expires_at=None)
    late = NOW + 1_000 * DAY
    new = by_itself(pat, now=late).token
    assert new.expires_at is None
    TrustedApplication.objects.update(allows_tokens_without_expiry=False)
    with pytest.raises(RotationRefused) as caught:
        by_itself(new, now=late + HOUR)
    assert caught.value.reason is Refusal.CHAIN_TOO_OLD


def test_tok10_the_owner_is_mailed_when_a_token_rotated_itself(alice: User, pat: ReferenceToken, allowed: None) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    second = by_itself(pat).token
    third = rotated(second).token
    [notice] = second.notices.all()
    assert (notice.kind, notice.recipient) == ("rotation", alice)
    assert not third.notices.exists()


def test_tok15_owners_hear_when_an_administrator_ends_an_old_value_at_once(
    alice: User, administrator: User, application: TrustedApplication, sat: ReferenceToken
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    application.owners.add(alice)
    by_ada = Actor.person(administrator, Source.MANAGE)
    second = rotated(sat, actor=by_ada).token
    assert not sat.notices.exists()
    rotated(second, timedelta(0), actor=by_ada)
    [notice] = second.notices.all()
    assert (notice.kind, notice.recipient) == ("revocation", alice)
