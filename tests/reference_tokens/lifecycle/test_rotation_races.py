"""TOK-10, T14: of rotations at once one wins, and what races one comes wholly before it or after; two connections."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.forms.fingerprints import SetChanged
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuedToken
from reference_tokens.lifecycle.old_values import live_chain
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens, revoke_with_old_values
from reference_tokens.lifecycle.rotation import Refusal, RotationRefused, end_old_value, rotate_itself, rotate_token
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, change_application
from tests.concurrency import PATIENCE, is_waiting, outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, issued_pat, issued_sat, rotated
from tests.introspection import is_active
from tests.pages import form_of, signed_in
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle
from trusted_apps.registration import update_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application)


def by_form(user: User, token: ReferenceToken, key: uuid.UUID | None = None) -> IssuedToken:
    actor, overlap = Actor.person(user, Source.PROFILE), timedelta(hours=1)
    return rotate_token(actor=actor, token_id=token.pk, overlap=overlap, now=timezone.now(), request_key=key)


def by_itself(token: ReferenceToken) -> IssuedToken:
    return rotate_itself(token_id=token.pk, address=None, overlap=timedelta(0), now=timezone.now())


def close_policy(application: TrustedApplication) -> None:
    update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), access_tokens_policy="None")


def reasons(results: list[Any]) -> list[Any]:
    return [result.reason for result in results if isinstance(result, RotationRefused)]


def test_tok3_one_form_sent_five_times_at_once_rotates_once(alice: User, pat: IssuedToken) -> None:
    key = uuid.uuid4()
    with threads() as start:
        results = outcomes(start, *[lambda: by_form(alice, pat.token, key)] * 5)
    [new] = [result for result in results if isinstance(result, IssuedToken)]
    others = [result for result in results if isinstance(result, AlreadyIssued)]
    assert [other.token for other in others] == [new.token] * 4


def test_tok10_of_two_rotations_at_once_the_second_is_refused_in_words(alice: User, pat: IssuedToken) -> None:
    with threads() as start:
        results = outcomes(start, *[lambda: by_form(alice, pat.token, uuid.uuid4())] * 4)
    assert sum(isinstance(result, IssuedToken) for result in results) == 1
    assert reasons(results) == [Refusal.REPLACED] * 3
    assert ReferenceToken.objects.count() == 2
    assert AuditEvent.objects.filter(action="token:rotate").count() == 1


def test_tok10_a_person_and_the_token_itself_at_once_rotate_it_once(
    alice: User, application: TrustedApplication, pat: IssuedToken
) -> None:
    TrustedApplication.objects.update(allows_self_rotation=True)
    with threads() as start:
        results = outcomes(start, lambda: by_form(alice, pat.token), lambda: by_itself(pat.token))
    assert reasons(results) in ([Refusal.REPLACED], [Refusal.REVOKED])
    assert ReferenceToken.objects.count() == 2


def test_t5_two_forms_sent_at_once_by_two_tabs_rotate_once(alice: User, pat: IssuedToken) -> None:
    address, tabs = f"/profile/security/tokens/{pat.token.pk}/rotate/", [signed_in(alice) for _ in range(2)]
    forms = [form_of(tab.get(address)) for tab in tabs]
    with threads() as start:
        results = outcomes(
            start,
            lambda: tabs[0].post(address, forms[0]).status_code,
            lambda: tabs[1].post(address, forms[1]).status_code,
        )
    assert sorted(results) == [200, 422]
    assert ReferenceToken.objects.count() == 2


def test_tok8_a_rotation_waits_for_a_revocation_and_is_refused(alice: User, pat: IssuedToken) -> None:
    def revoke() -> None:
        revoke_token(actor=OPERATOR, token_id=pat.token.pk, now=timezone.now())

    with threads() as start:
        with uncommitted(start, revoke):
            rotating = start(lambda: by_form(alice, pat.token))
            assert is_waiting(rotating)
        with pytest.raises(RotationRefused) as caught:
            rotating.result(PATIENCE)
    assert caught.value.reason is Refusal.REVOKED
    assert ReferenceToken.objects.count() == 1


def test_tok8_a_revocation_waits_for_a_rotation_and_ends_the_old_value_alone(
    client: Client, server: Any, alice: User, pat: IssuedToken
) -> None:
    new: list[IssuedToken] = []
    with threads() as start:
        with uncommitted(start, lambda: new.append(by_form(alice, pat.token))):
            revoking = start(lambda: revoke_token(actor=OPERATOR, token_id=pat.token.pk, now=timezone.now()))
            assert is_waiting(revoking)
        assert revoking.result(PATIENCE)
    values = (pat.plaintext, new[0].plaintext)
    assert [is_active(client, server, value) for value in values] == [False, True]


def test_many1_a_revocation_of_what_was_shown_waits_for_a_rotation_and_does_nothing(
    alice: User, pat: IssuedToken
) -> None:
    old = by_form(alice, pat.token).token
    shown = live_chain(old.pk, timezone.now()).seen

    def revoke() -> None:
        revoke_with_old_values(actor=OPERATOR, token_id=old.pk, now=timezone.now(), shown=shown)

    with threads() as start:
        with uncommitted(start, lambda: by_form(alice, old)):
            revoking = start(revoke)
            assert is_waiting(revoking)
        with pytest.raises(SetChanged):
            revoking.result(PATIENCE)
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 3


def test_tok10_of_two_revocations_of_a_chain_at_once_one_ends_it_and_none_deadlocks(
    alice: User, pat: IssuedToken
) -> None:
    newest = by_form(alice, by_form(alice, pat.token).token).token
    sweep = {"actor": OPERATOR, "tokens": ReferenceToken.objects.all(), "chosen_by": {"all": True}}

    def revoke() -> int:
        return len(revoke_with_old_values(actor=OPERATOR, token_id=newest.pk, now=timezone.now()))

    with threads() as start:
        results = outcomes(start, revoke, revoke, lambda: revoke_tokens(**sweep, now=timezone.now()))  # type: ignore[arg-type] # as written above
    assert sorted(results) == [0, 0, 3]


def test_t11_a_rotation_and_a_sweep_at_once_end_in_a_token_that_is_revoked_or_seen(
    alice: User, pat: IssuedToken
) -> None:
    def sweep() -> int:
        tokens = ReferenceToken.objects.all()
        return revoke_tokens(actor=OPERATOR, tokens=tokens, chosen_by={"all": True}, now=timezone.now())

    with threads() as start:
        swept, result = outcomes(start, sweep, lambda: by_form(alice, pat.token))
    live = ReferenceToken.objects.filter(revoked_at=None).count()
    assert (swept, live) in {(1, 0), (2, 0), (1, 1)}
    assert isinstance(result, IssuedToken) or reasons([result]) == [Refusal.REVOKED]


def test_t14_a_rotation_waits_for_a_policy_change_and_is_refused(
    alice: User, application: TrustedApplication, pat: IssuedToken
) -> None:
    with threads() as start:
        with uncommitted(start, lambda: close_policy(application)):
            rotating = start(lambda: by_form(alice, pat.token))
            assert is_waiting(rotating)
        with pytest.raises(RotationRefused) as caught:
            rotating.result(PATIENCE)
    assert caught.value.reason is Obstacle.POLICY_NONE


def test_pol6_a_policy_change_waits_for_a_rotation_and_sees_both_values(
    alice: User, application: TrustedApplication, pat: IssuedToken
) -> None:
    def change() -> int:
        try:
            change_application(
                actor=OPERATOR,
                application_id=application.pk,
                now=timezone.now(),
                choices=ImpactChoices(),
                owners=None,
                access_tokens_policy="None",
            )
        except ImpactNotSeen:
            return ReferenceToken.objects.of(application).not_ended(timezone.now()).count()
        raise AssertionError

    with threads() as start:
        with uncommitted(start, lambda: by_form(alice, pat.token)):
            changing = start(change)
            assert is_waiting(changing)
        assert changing.result(PATIENCE) == 2


def test_pol3_a_sat_waits_for_the_demotion_of_who_rotates_it(
    administrator: User, application: TrustedApplication
) -> None:
    token = issued_sat(application).token

    def demote() -> None:
        User.objects.select_for_update(no_key=True).get(pk=administrator.pk)
        User.objects.filter(pk=administrator.pk).update(is_administrator=False)

    actor = Actor.person(administrator, Source.MANAGE)
    with threads() as start:
        with uncommitted(start, demote):
            rotating = start(
                lambda: rotate_token(actor=actor, token_id=token.pk, overlap=timedelta(hours=1), now=timezone.now())
            )
            assert is_waiting(rotating)
        with pytest.raises(RotationRefused) as caught:
            rotating.result(PATIENCE)
    assert caught.value.reason is Obstacle.NOT_AN_ADMINISTRATOR


def test_tok10_an_old_value_ended_twice_at_once_is_recorded_once(pat: IssuedToken) -> None:
    rotated(pat.token)
    old = ReferenceToken.objects.get(pk=pat.token.pk)
    with threads() as start:
        results = outcomes(start, *[lambda: end_old_value(actor=OPERATOR, old=old, now=timezone.now())] * 3)
    assert sorted(results) == [False, False, True]


def test_a_rotation_and_an_issue_for_one_person_at_once_do_not_wait_for_each_other_for_ever(
    alice: User, application: TrustedApplication, pat: IssuedToken
) -> None:
    other = ApplicationFactory.create()
    with threads() as start:
        results = outcomes(
            start,
            lambda: by_form(alice, pat.token),
            lambda: issued_pat(alice, application),
            lambda: issued_pat(alice, other),
        )
    assert [type(result) for result in results] == [IssuedToken] * 3
