"""A token that rotates itself (TOK-10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import issue_pat, issue_sat
from reference_tokens.lifecycle.rotation import Refusal, RotationRefused
from reference_tokens.models import ReferenceToken
from tests.factories import alter
from tests.reference_tokens.lifecycle.rotations import DAY, HOUR, ISSUED, NOW, WHOLE_NOW, by_itself, expiring, rotated
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
    third = rotated(second, timedelta(0), actor=by_ada).token
    rotated(third, timedelta(0), actor=by_ada)
    [first_told], [then_told] = second.notices.all(), third.notices.all()
    assert first_told != then_told
    for notice in (first_told, then_told):
        assert (notice.kind, notice.recipient) == ("revocation", alice)


def test_tok15_who_ends_an_old_value_of_their_own_is_not_mailed(alice: User, pat: ReferenceToken) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    rotated(pat, timedelta(0), actor=Actor.person(alice, Source.PROFILE))
    assert not pat.notices.exists()
