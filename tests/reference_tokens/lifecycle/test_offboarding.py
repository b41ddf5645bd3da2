"""TOK-11, T11, T64: whoever leaves takes their PATs with them, at every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import AuditEvent, User
from accounts.people.administrators import LastAdministrator
from accounts.people.changes import change_user
from accounts.people.creation import create_user
from accounts.people.deactivation import reactivate_user
from reference_tokens.lifecycle.issuance import IssuingRefused
from reference_tokens.lifecycle.offboarding import (
    acting_tokens_fingerprint,
    deactivate_with_tokens,
    delete_with_tokens,
    live_tokens_by_application,
)
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Notice, ReferenceToken
from tests.concurrency import PATIENCE, is_waiting, outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import INACTIVE, Statements, introspect, is_active, plan_of
from tests.reference_tokens.lists.others import add_tokens_of_others
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def deactivated(user: User, *, revokes: bool = False) -> int | None:
    return deactivate_with_tokens(actor=OPERATOR, user=user, now=timezone.now(), revokes_tokens=revokes)


def deleted(user: User) -> int | None:
    return delete_with_tokens(actor=OPERATOR, user=user, now=timezone.now())


def doors(client: Client, server: Any, plaintext: str) -> list[bool]:
    """Whether the token is good for introspection, forward authentication and itself."""
    bearer = {"Authorization": f"Bearer {plaintext}"}
    forward, own = (client.get(path, headers=bearer).status_code == 200 for path in ("/auth/forward", "/api/token"))
    return [is_active(client, server, plaintext), forward, own]


def test_tok11_a_pat_of_somebody_deactivated_is_inactive_at_every_door_and_comes_back(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert doors(client, server, plaintext) == [True, True, True]
    assert deactivated(alice) == 0
    assert doors(client, server, plaintext) == [False, False, False]
    assert introspect(client, server, plaintext).content == INACTIVE
    reactivate_user(actor=OPERATOR, user_id=alice.pk, now=timezone.now())
    assert doors(client, server, plaintext) == [True, True, True]


def test_tok11_the_sats_of_a_system_user_stop_with_it_and_are_never_revoked_with_it(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    robot, plaintext = application.system_user, issued_sat(application).plaintext
    assert robot
    assert deactivated(robot, revokes=True) == 0
    assert not is_active(client, server, plaintext)
    reactivate_user(actor=OPERATOR, user_id=robot.pk, now=timezone.now())
    assert is_active(client, server, plaintext)


def test_tok12_a_renamed_system_user_is_the_same_sub(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    robot, plaintext = application.system_user, issued_sat(application).plaintext
    assert robot
    change_user(actor=OPERATOR, user_id=robot.pk, username="machine", now=timezone.now())
    answer = introspect(client, server, plaintext).json()
    assert (answer["sub"], answer["username"]) == (str(robot.pk), "machine")


def test_t11_pats_are_revoked_with_the_deactivation_in_one_entry(
    client: Client, server: Any, alice: User, bob: User, application: TrustedApplication
) -> None:
    tokens = [issued_pat(alice, application) for _ in range(3)]
    alter(tokens[0].token, revoked_at=timezone.now())
    others = issued_pat(bob, application)
    assert deactivated(alice, revokes=True) == 2
    reactivate_user(actor=OPERATOR, user_id=alice.pk, now=timezone.now())
    assert not any(is_active(client, server, issued.plaintext) for issued in tokens)
    assert is_active(client, server, others.plaintext)
    event = AuditEvent.objects.get(action="token:revoke_many")
    assert event.details == {
        "chosen_by": {"user": str(alice.pk)},
        "count": 2,
        "reason": "",
        "reason_code": "user_deactivated",
    }


def test_deactivating_twice_does_nothing_the_second_time(alice: User, application: TrustedApplication) -> None:
    assert deactivated(alice) == 0
    issued = ReferenceToken.objects.count()
    assert deactivated(alice, revokes=True) is None
    assert ReferenceToken.objects.count() == issued
    assert AuditEvent.objects.filter(action="user:deactivate").count() == 1


def test_t11_where_the_deactivation_fails_nothing_is_revoked(
    administrator: User, application: TrustedApplication
) -> None:
    token = issued_pat(administrator, application).token
    ways: list[Callable[[], object]] = [
        lambda: deactivated(administrator, revokes=True),
        lambda: deleted(administrator),
    ]
    for leaves in ways:
        with pytest.raises(LastAdministrator):
            leaves()
    token.refresh_from_db()
    assert token.revoked_at is None


def test_t64_a_deleted_person_leaves_no_live_token_and_owns_nothing(
    client: Client, server: Any, alice: User, bob: User, application: TrustedApplication
) -> None:
    application.owners.set([alice, bob])
    plaintext = issued_pat(alice, application).plaintext
    assert deleted(alice) == 1
    assert deleted(alice) is None
    assert doors(client, server, plaintext) == [False, False, False]
    token = ReferenceToken.objects.get()
    assert (token.holder_id, token.why_revoked.in_words()) == (alice.pk, "The user was deleted")
    assert list(application.owners.all()) == [bob]
    event = AuditEvent.objects.get(action="application:update")
    assert event.details["after"] == {"owners": [str(bob.pk)]}
    # Nobody is mailed about what they lost: no mail reaches them.
    assert not Notice.objects.exists()


def test_t64_somebody_new_is_another_sub_and_the_old_token_stays_dead(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    deleted(alice)
    newcomer = create_user(actor=OPERATOR, username="alice2", now=timezone.now())
    answer = introspect(client, server, issued_pat(newcomer, application).plaintext).json()
    assert answer["sub"] == str(newcomer.pk) != str(alice.pk)
    assert not is_active(client, server, plaintext)


def test_what_acts_as_a_user_is_counted_by_application(alice: User, application: TrustedApplication) -> None:
    word = ApplicationFactory.create(name="Word", system_user=application.system_user)
    for _ in range(2):
        issued_pat(alice, word)
    issued_pat(alice, application)
    alter(issued_pat(alice, application).token, revoked_at=timezone.now())
    issued_sat(word)
    now, robot = timezone.now(), application.system_user
    assert robot
    assert live_tokens_by_application(alice, now) == [("Word", 2), ("Excel", 1)]
    assert live_tokens_by_application(robot, now) == [("Word", 1)]
    assert live_tokens_by_application(UserFactory.create(), now) == []


def test_what_acts_as_a_system_user_is_counted_along_an_index(application: TrustedApplication) -> None:
    issued_sat(application)
    add_tokens_of_others()
    robot = application.system_user
    assert robot
    with Statements() as statements:
        live_tokens_by_application(robot, timezone.now())
        acting_tokens_fingerprint(robot, timezone.now())
    plans = [plan_of(sql) for sql in statements.about_tokens]
    assert ["token_sat_by_expiry" in found for found in plans] == [True, True]


# --- Races -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves", [deleted, lambda user: deactivated(user, revokes=True)])
def test_t11_a_token_issued_while_its_holder_leaves_is_refused(
    alice: User, application: TrustedApplication, leaves: Callable[[User], int | None]
) -> None:
    issued_pat(alice, application)
    with threads() as start:
        with uncommitted(start, lambda: leaves(alice)):
            issuing = start(lambda: issued_pat(alice, application))
            assert is_waiting(issuing)
        with pytest.raises(IssuingRefused):
            issuing.result(PATIENCE)
    assert not ReferenceToken.objects.filter(revoked_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves", [deleted, lambda user: deactivated(user, revokes=True)])
def test_t11_a_token_issued_just_before_its_holder_leaves_is_revoked_too(
    alice: User, application: TrustedApplication, leaves: Callable[[User], int | None]
) -> None:
    with threads() as start:
        with uncommitted(start, lambda: issued_pat(alice, application)):
            leaving = start(lambda: leaves(alice))
            assert is_waiting(leaving)
        assert leaving.result(PATIENCE) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_are_deleted_while_they_revoke_each_other_do_not_deadlock(application: TrustedApplication) -> None:
    people = UserFactory.create_batch(2, administrator=True)
    tokens = [issued_pat(person, application).token for person in people]
    root = Actor.person(UserFactory.create(administrator=True, password="argon2$x"), Source.MANAGE)

    def revokes(one: User, token: ReferenceToken) -> bool:
        return revoke_token(actor=Actor.person(one, Source.MANAGE), token_id=token.pk, now=timezone.now())

    with threads() as start:
        results = outcomes(
            start,
            lambda: delete_with_tokens(actor=root, user=people[0], now=timezone.now()),
            lambda: revokes(people[0], tokens[1]),
            lambda: delete_with_tokens(actor=root, user=people[1], now=timezone.now()),
            lambda: revokes(people[1], tokens[0]),
        )
    assert not [result for result in results if isinstance(result, Exception)]
    assert not ReferenceToken.objects.filter(revoked_at=None).exists()
