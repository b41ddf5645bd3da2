"""Rotating a token (TOK-10): what the new value is, and what becomes of the old one."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle import rotation
from reference_tokens.lifecycle.issuance import issue_pat, issue_sat
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import OVERLAPS, end_old_value
from reference_tokens.models import ReferenceToken
from tests.factories import alter
from tests.introspection import Statements
from tests.reference_tokens.lifecycle.rotations import DAY, HOUR, ISSUED, NOW, WHOLE_NOW, expiring, rotated
from trusted_apps.models import TrustedApplication

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


@pytest.mark.parametrize("behind", [timedelta(seconds=3), 2 * HOUR])
def test_tok10_a_clock_that_was_put_back_since_the_token_was_issued_rotates_it(
    pat: ReferenceToken, behind: timedelta
) -> None:
    rotated(pat, timedelta(seconds=1), now=ISSUED - behind)
    pat.refresh_from_db()
    assert pat.expires_at == ISSUED.replace(microsecond=0) + timedelta(seconds=1)


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
    with pytest.raises(ValueError, match=r"^an old value lives on for 7 days at most$"):
        rotated(pat, overlap)


def test_tok10_an_old_value_is_ended_at_once_by_whom_and_for_what_that_was(alice: User, pat: ReferenceToken) -> None:
    new = rotated(pat).token
    old = ReferenceToken.objects.get(pk=pat.pk)
    act: dict[str, Any] = {"actor": Actor.person(alice, Source.PROFILE), "old": old, "now": NOW + HOUR}
    assert [end_old_value(**act), end_old_value(**act)] == [True, False]
    old.refresh_from_db()
    assert (old.revoked_at, old.revoked_by, old.revocation_source) == (NOW + HOUR, alice, "profile")
    assert old.why_revoked.in_words() == f"Replaced by {new.hint}"
    assert ReferenceToken.objects.get(pk=new.pk).revoked_at is None


# --- The record ------------------------------------------------------------------------------------------------------


def test_aud1_a_rotation_is_recorded_of_both_values(alice: User, pat: ReferenceToken) -> None:
    actor = Actor.person(alice, Source.PROFILE, address="192.0.2.7")
    new = rotated(pat, actor=actor).token
    issue, rotate = AuditEvent.objects.order_by("-seq")[:2][::-1]
    assert (issue.action, issue.target_id, issue.details["replaces"]) == ("token:issue", str(new.pk), str(pat.pk))
    assert (rotate.action, rotate.actor_id) == ("token:rotate", str(alice.pk))
    assert (rotate.target_type, rotate.target_id) == ("token", str(pat.pk))
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
    locks = ("FOR NO KEY UPDATE", "FOR SHARE")
    locked = [sql.split(" FROM ")[1].split()[0].strip('"') for sql in statements.sql if any(map(sql.count, locks))]
    expected = ["trusted_apps_trustedapplication", "accounts_user", "reference_tokens_referencetoken"]
    # Shared with others who issue; whoever retires the key waits.
    expected.append("reference_tokens_hashkey")
    assert locked == (expected if connection.vendor == "postgresql" else [])
    assert 'UPDATE "accounts_audithead"' in [sql for sql in statements.sql if "UPDATE " in sql][-1]


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


# --- By itself -------------------------------------------------------------------------------------------------------


@pytest.fixture
def allowed(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_self_rotation=True)
