"""MANY-1, EDIT-1: whoever leaves does so with the tokens that were shown, and as they were when it was asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.forms.fingerprints import SetChanged, fingerprint
from accounts.forms.versions import ChangedMeanwhile, Opened
from accounts.models import AuditEvent, User
from accounts.people.administrators import LastAdministrator
from reference_tokens.lifecycle.offboarding import (
    acting_tokens_fingerprint,
    deactivate_with_tokens,
    delete_with_tokens,
    live_sats_by_application,
    live_tokens_by_application,
    reactivate_with_tokens,
)
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Act = Callable[..., Any]
ACTS = (deactivate_with_tokens, partial(deactivate_with_tokens, revokes_tokens=True), delete_with_tokens)


@pytest.mark.parametrize("act", [*ACTS, reactivate_with_tokens])
def test_many1_nobody_leaves_or_returns_with_other_tokens_than_were_shown(
    alice: User, application: TrustedApplication, act: Act
) -> None:
    if act == reactivate_with_tokens:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    now, before = timezone.now(), AuditEvent.objects.count()
    with pytest.raises(SetChanged):
        act(actor=OPERATOR, user=alice, now=now, shown="1-x")
    with pytest.raises(ChangedMeanwhile) as caught:
        act(actor=OPERATOR, user=alice, now=now, opened=Opened("x"))
    assert (caught.value.target.id, caught.value.state["name"]) == (str(alice.pk), alice.name)
    assert AuditEvent.objects.count() == before
    assert act(actor=OPERATOR, user=alice, now=now, shown=acting_tokens_fingerprint(alice, now)) is not None


@pytest.mark.parametrize("act", ACTS)
def test_who_has_left_leaves_no_second_time_whatever_was_shown(
    alice: User, application: TrustedApplication, act: Act
) -> None:
    act(actor=OPERATOR, user=alice, now=timezone.now())
    assert act(actor=OPERATOR, user=alice, now=timezone.now(), shown="1-x") is None


def test_who_is_active_returns_no_second_time_whatever_was_shown(alice: User) -> None:
    assert reactivate_with_tokens(actor=OPERATOR, user=alice, now=timezone.now(), shown="1-x") is False


@pytest.mark.parametrize("act", ACTS[1:])
def test_aud1_it_is_recorded_who_let_them_go_and_when(
    administrator: User, alice: User, application: TrustedApplication, act: Act
) -> None:
    application.owners.add(alice)
    issued_pat(alice, application)
    now, actor = timezone.now(), Actor.person(administrator, Source.MANAGE)
    before = AuditEvent.objects.count()
    assert act(actor=actor, user=alice, now=now) == 1
    events = AuditEvent.objects.order_by("seq")[before:]
    assert {(event.actor_id, event.at) for event in events} == {(str(administrator.pk), now)}
    token = ReferenceToken.objects.get()
    assert (token.revoked_at, token.revoked_by) == (now, administrator)


def test_peo2_the_last_administrator_is_deleted_where_even_that_is_asked(administrator: User) -> None:
    delete = partial(delete_with_tokens, actor=OPERATOR, user=administrator, now=timezone.now())
    with pytest.raises(LastAdministrator):
        delete()
    assert delete(even_the_last=True) == 0


def test_many1_of_a_person_it_is_which_tokens_have_not_ended(alice: User, application: TrustedApplication) -> None:
    now = timezone.now()
    seen = {acting_tokens_fingerprint(alice, now)}
    one, two = (issued_pat(alice, application).token for _number in range(2))
    seen.add(acting_tokens_fingerprint(alice, now))
    assert acting_tokens_fingerprint(alice, now) == fingerprint([one.pk, two.pk])
    alter(one, revoked_at=now)
    seen.add(acting_tokens_fingerprint(alice, now))
    alter(one, revoked_at=None)
    alter(two, revoked_at=now)
    seen.add(acting_tokens_fingerprint(alice, now))
    assert sorted(one.partition("-")[0] for one in seen) == ["0", "1", "1", "2"]


def test_many1_of_a_system_user_it_is_how_many_tokens_each_application_has_and_of_all() -> None:
    robot = UserFactory.create(system=True)
    applications = [ApplicationFactory.create(system_user=robot) for _number in range(6)]
    for to in (applications[0], *applications[:5]):
        issued_sat(to)
    rows = live_sats_by_application(robot, timezone.now())
    numbers = [(one.pk, one.name, 2 if one == applications[0] else 1) for one in applications[:5]]
    assert rows == sorted(numbers, key=lambda row: row[0])
    assert acting_tokens_fingerprint(robot, timezone.now()).startswith("6-")


def test_what_acts_as_a_user_is_counted_by_the_name_of_the_application_most_first(alice: User) -> None:
    robot, now = UserFactory.create(system=True), timezone.now()
    applications = [ApplicationFactory.create(name=name, system_user=robot) for name in ("C", "A", "B", "B", "D")]
    for one in applications:
        issued_pat(alice, one)
        issued_sat(one)
    issued_pat(alice, applications[0])
    issued_sat(applications[0])
    counted = [("B", 2), ("C", 2), ("A", 1), ("D", 1)]
    assert live_tokens_by_application(alice, now) == live_tokens_by_application(robot, now) == counted
