"""POL-3, T14: what races an issue comes wholly before it or wholly after; two real connections each time."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import AlreadyIssued, IssuedToken, IssuingRefused, issue_pat, issue_sat
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.models import ReferenceToken
from tests.concurrency import PATIENCE, is_waiting, outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat, token_request
from tests.introspection import INACTIVE, introspect, is_active
from trusted_apps.models import TrustedApplication
from trusted_apps.policy import Obstacle
from trusted_apps.registration import update_application

pytestmark = pytest.mark.django_db(transaction=True)


def close_policy(application: TrustedApplication) -> None:
    update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), access_tokens_policy="None")


def change_person(person: User, **columns: Any) -> None:
    """What deactivating or demoting does: lock the person, then write."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        User.objects.filter(pk=person.pk).update(**columns)


def by_administrator(administrator: User, application: TrustedApplication) -> IssuedToken:
    actor = Actor.person(administrator, Source.MANAGE)
    return issue_sat(actor=actor, application=application, token_request=token_request(), now=timezone.now())


def by_form(user: User, application: TrustedApplication, key: uuid.UUID) -> IssuedToken:
    actor = Actor.person(user, Source.PROFILE)
    return issue_pat(
        actor=actor,
        user=user,
        application=application,
        token_request=token_request(request_key=key),
        now=timezone.now(),
    )


def sweep() -> int:
    return revoke_tokens(
        actor=OPERATOR, tokens=ReferenceToken.objects.all(), chosen_by={"all": True}, now=timezone.now()
    )


def seqs_are_one_chain() -> bool:
    seqs = list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))
    return seqs == list(range(1, len(seqs) + 1))


# --- A change that is not committed yet ------------------------------------------------------------------------------


def test_t14_an_issue_waits_for_a_policy_change_and_is_refused(alice: User, application: TrustedApplication) -> None:
    with threads() as start:
        with uncommitted(start, lambda: close_policy(application)):
            issuing = start(lambda: issued_pat(alice, application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused) as caught:
            issuing.result(PATIENCE)
    assert caught.value.obstacle is Obstacle.POLICY_NONE
    assert not ReferenceToken.objects.exists()


def test_t14_a_policy_change_waits_for_an_issue_and_sees_its_token(
    alice: User, application: TrustedApplication
) -> None:
    def close_and_count() -> int:
        close_policy(application)
        return ReferenceToken.objects.of(application).count()

    with threads() as start:
        with uncommitted(start, lambda: issued_pat(alice, application)):
            closing = start(close_and_count)
            assert is_waiting(closing)
        assert closing.result(PATIENCE) == 1
    assert seqs_are_one_chain()


def test_pol5_an_issue_waits_for_the_kill_switch_and_is_refused(application: TrustedApplication) -> None:
    def disable() -> None:
        update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), is_enabled=False)

    with threads() as start:
        with uncommitted(start, disable):
            issuing = start(lambda: issued_sat(application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused):
            issuing.result(PATIENCE)


def test_pol3_an_issue_waits_for_a_deactivation_and_is_refused(alice: User, application: TrustedApplication) -> None:
    with threads() as start:
        with uncommitted(start, lambda: change_person(alice, is_active=False)):
            issuing = start(lambda: issued_pat(alice, application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused) as caught:
            issuing.result(PATIENCE)
    assert caught.value.obstacle is Obstacle.PERSON_INACTIVE


def test_pol3_a_deactivation_waits_for_an_issue_and_its_token_is_inactive(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued: list[IssuedToken] = []
    with threads() as start:
        with uncommitted(start, lambda: issued.append(issued_pat(alice, application))):
            deactivating = start(lambda: change_person(alice, is_active=False))
            assert is_waiting(deactivating)
        deactivating.result(PATIENCE)
    assert introspect(client, server, issued[0].plaintext).content == INACTIVE


@pytest.mark.parametrize("columns", [{"is_administrator": False}, {"is_active": False}])
def test_pol3_a_sat_waits_for_the_demotion_of_its_issuer_and_is_refused(
    administrator: User, application: TrustedApplication, columns: dict[str, bool]
) -> None:
    with threads() as start:
        with uncommitted(start, lambda: change_person(administrator, **columns)):
            issuing = start(lambda: by_administrator(administrator, application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused):
            issuing.result(PATIENCE)
    assert not ReferenceToken.objects.exists()


def test_pol3_a_pat_waits_for_the_demotion_of_its_holder_and_is_refused(administrator: User) -> None:
    application = ApplicationFactory.create(administrators_only=True)
    with threads() as start:
        with uncommitted(start, lambda: change_person(administrator, is_administrator=False)):
            issuing = start(lambda: issued_pat(administrator, application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused):
            issuing.result(PATIENCE)


def test_pol4_a_sat_waits_for_the_deactivation_of_the_system_user_and_is_refused(
    application: TrustedApplication,
) -> None:
    robot = application.system_user
    assert robot
    with threads() as start:
        with uncommitted(start, lambda: change_person(robot, is_active=False)):
            issuing = start(lambda: issued_sat(application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused) as caught:
            issuing.result(PATIENCE)
    assert caught.value.obstacle is Obstacle.SYSTEM_USER_INACTIVE


def test_t13_an_issue_waits_for_a_change_of_scopes_and_is_refused(alice: User, application: TrustedApplication) -> None:
    def shrink() -> None:
        update_application(actor=OPERATOR, application_id=application.pk, now=timezone.now(), scopes=("update",))

    with threads() as start:
        with uncommitted(start, shrink):
            issuing = start(lambda: issued_pat(alice, application))
            assert is_waiting(issuing)
        with pytest.raises(ValidationError, match="does not offer"):
            issuing.result(PATIENCE)


# --- All at one moment -----------------------------------------------------------------------------------------------


def test_tok3_one_form_sent_five_times_at_once_issues_one_token(alice: User, application: TrustedApplication) -> None:
    key = uuid.uuid4()
    with threads() as start:
        results = outcomes(start, *[lambda: by_form(alice, application, key)] * 5)
    [issued] = [result for result in results if isinstance(result, IssuedToken)]
    others = [result for result in results if isinstance(result, AlreadyIssued)]
    assert [other.token for other in others] == [issued.token] * 4


def test_tok3_one_form_for_two_applications_at_once_issues_one_token(
    alice: User, application: TrustedApplication
) -> None:
    key, other = uuid.uuid4(), ApplicationFactory.create()
    with threads() as start:
        results = outcomes(start, lambda: by_form(alice, application, key), lambda: by_form(alice, other, key))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyIssued", "IssuedToken"]


def test_t15_of_several_issues_at_once_only_the_limit_succeeds(
    alice: User, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 2
    other = ApplicationFactory.create()
    with threads() as start:
        results = outcomes(
            start, *[lambda: issued_pat(alice, application)] * 3, *[lambda: issued_pat(alice, other)] * 3
        )
    assert sum(isinstance(result, IssuedToken) for result in results) == 2
    assert sum(isinstance(result, ValidationError) for result in results) == 4
    assert ReferenceToken.objects.count() == 2


def test_t15_of_several_sats_at_once_only_the_limit_succeeds(
    application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_SATS_PER_APPLICATION = 2
    issuers = [UserFactory.create(administrator=True) for _ in range(2)]
    with threads() as start:
        results = outcomes(
            start,
            *[lambda: by_administrator(issuers[0], application)] * 2,
            *[lambda: by_administrator(issuers[1], application)] * 2,
        )
    assert sum(isinstance(result, IssuedToken) for result in results) == 2
    assert sum(isinstance(result, ValidationError) for result in results) == 2


def test_t3_the_first_tokens_of_a_key_at_once_share_its_row(application: TrustedApplication) -> None:
    people, other = UserFactory.create_batch(2), ApplicationFactory.create()
    with threads() as start:
        results = outcomes(start, lambda: issued_pat(people[0], application), lambda: issued_pat(people[1], other))
    assert [type(result) for result in results] == [IssuedToken] * 2
    assert seqs_are_one_chain()


def test_tok8_of_several_revocations_at_once_one_is_recorded(alice: User, application: TrustedApplication) -> None:
    token = issued_pat(alice, application).token
    with threads() as start:
        results = outcomes(start, *[lambda: revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now())] * 4)
    assert sorted(results) == [False, False, False, True]
    assert AuditEvent.objects.filter(action="token:revoke").count() == 1


def test_t11_two_sweeps_at_once_revoke_each_token_once(alice: User, application: TrustedApplication) -> None:
    for _ in range(10):
        issued_pat(alice, application)
    with threads() as start:
        results = outcomes(start, sweep, sweep)
    assert sorted(results) == [0, 10]
    assert AuditEvent.objects.filter(action="token:revoke_many").count() == 1


def test_t11_a_sweep_waits_for_another_and_records_nothing(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    with threads() as start:
        with uncommitted(start, sweep):
            sweeping = start(sweep)
            assert is_waiting(sweeping)
        assert sweeping.result(PATIENCE) == 0
    assert AuditEvent.objects.filter(action="token:revoke_many").count() == 1


def test_t11_a_sweep_and_a_single_revocation_at_once_revoke_each_token_once(
    alice: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application).token for _ in range(3)]
    with threads() as start:
        swept, single = outcomes(
            start, sweep, lambda: revoke_token(actor=OPERATOR, token_id=tokens[1].pk, now=timezone.now())
        )
    assert swept + single == 3
    assert not ReferenceToken.objects.filter(revoked_at=None).exists()


def test_t11_an_issue_and_a_sweep_at_once_end_in_a_token_that_is_revoked_or_seen(
    alice: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    with threads() as start:
        swept, issued = outcomes(start, sweep, lambda: issued_pat(alice, application))
    issued.token.refresh_from_db()
    assert swept == (2 if issued.token.revoked_at else 1)
    assert seqs_are_one_chain()


def test_tok8_validation_goes_on_during_a_sweep_and_ends_with_its_commit(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    with threads() as start:
        with uncommitted(start, sweep):
            assert is_active(client, server, plaintext)
        assert not is_active(client, server, plaintext)
