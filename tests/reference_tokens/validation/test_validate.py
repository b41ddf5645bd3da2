"""VAL-1 to VAL-3: each state that makes a token inactive, and the scopes and people of today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import Door, ReferenceToken, ResourceServer
from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.validate import validate
from tests.factories import ApplicationFactory, UserFactory, issued_pat, issued_sat
from tests.introspection import INACTIVE, introspect, is_active
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


Change = Callable[[], Any]
Flips = dict[str, tuple[Inactive, Change, Change]]


def flips(server: Any, application: TrustedApplication, holder: User) -> Flips:
    """By name: the reason, what makes the token inactive, what undoes it."""
    now = timezone.now()
    tokens = ReferenceToken.objects
    people, applications = User.objects.filter(pk=holder.pk), TrustedApplication.objects
    return {
        "suspended": (
            Inactive.SUSPENDED,
            lambda: tokens.update(suspended_at=now),
            lambda: tokens.update(suspended_at=None),
        ),
        "expired": (
            Inactive.EXPIRED,
            lambda: tokens.update(issued_at=now - timedelta(days=2), expires_at=now),
            lambda: tokens.update(expires_at=now + timedelta(days=1)),
        ),
        "application disabled": (
            Inactive.APPLICATION_DISABLED,
            lambda: applications.update(is_enabled=False),
            lambda: applications.update(is_enabled=True),
        ),
        "holder inactive": (
            Inactive.HOLDER_INACTIVE,
            lambda: people.update(is_active=False),
            lambda: people.update(is_active=True),
        ),
        "another server's": (
            Inactive.OTHER_SERVER,
            lambda: ResourceServer.objects.update(asks_for_all_applications=False),
            lambda: server.applications.add(application),
        ),
    } | flips_of_scopes()


def flips_of_scopes() -> Flips:
    """What leaves a token without any scope that counts."""
    applications = TrustedApplication.objects
    return {
        "no scopes left": (
            Inactive.NO_SCOPES,
            lambda: applications.update(scopes="update"),
            lambda: applications.update(scopes="read update"),
        ),
        "no scopes at all": (
            Inactive.NO_SCOPES,
            lambda: applications.update(scopes=""),
            lambda: applications.update(scopes="read"),
        ),
    }


FLIPS = (
    "suspended",
    "expired",
    "application disabled",
    "holder inactive",
    "no scopes left",
    "no scopes at all",
    "another server's",
)


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
@pytest.mark.parametrize("name", FLIPS)
def test_t7_each_state_makes_the_token_inactive_and_undoing_it_brings_it_back(
    client: Client, server: Any, alice: User, application: TrustedApplication, name: str, kind: str
) -> None:
    plaintext = (issued_pat(alice, application) if kind == "PAT" else issued_sat(application)).plaintext
    assert application.system_user
    _reason, flip, undo = flips(server, application, alice if kind == "PAT" else application.system_user)[name]
    assert is_active(client, server, plaintext)
    flip()
    assert introspect(client, server, plaintext).content == INACTIVE
    undo()
    assert is_active(client, server, plaintext)


@pytest.mark.parametrize("name", FLIPS[:-1])
def test_val1_the_reason_is_known_inside(server: Any, alice: User, application: TrustedApplication, name: str) -> None:
    plaintext = issued_pat(alice, application).plaintext
    reason, flip, _undo = flips(server, application, alice)[name]
    flip()
    assert validate(plaintext, now=timezone.now(), door=Door.TOKEN_ITSELF).inactive is reason


def test_tok8_a_revoked_token_is_inactive_at_once_and_for_good(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert is_active(client, server, issued.plaintext)
    revoke_token(actor=OPERATOR, token_id=issued.token.pk, now=timezone.now())
    assert introspect(client, server, issued.plaintext).content == INACTIVE
    for _reason, flip, undo in flips(server, application, alice).values():
        flip()
        undo()
    assert introspect(client, server, issued.plaintext).content == INACTIVE


@pytest.mark.parametrize(("offset", "expected"), [(-1, True), (0, False), (1, False)])
def test_t6_at_the_expiry_instant_the_token_is_expired(
    client: Client, server: Any, alice: User, application: TrustedApplication, offset: int, expected: bool
) -> None:
    issued = issued_pat(alice, application)
    assert issued.token.expires_at
    with time_machine.travel(issued.token.expires_at + timedelta(seconds=offset), tick=False):
        assert is_active(client, server, issued.plaintext) is expected


def test_t60_a_clock_that_steps_back_is_compared_and_not_remembered(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    assert issued.token.expires_at
    seen = []
    for seconds in (-1, 1, -1):
        with time_machine.travel(issued.token.expires_at + timedelta(seconds=seconds), tick=False):
            seen.append(is_active(client, server, issued.plaintext))
    assert seen == [True, False, True]


@pytest.mark.parametrize("policy", ["None", "AdministratorsOnly"])
def test_pol6_a_tightened_policy_leaves_issued_tokens_live(
    client: Client, server: Any, alice: User, application: TrustedApplication, policy: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    TrustedApplication.objects.update(access_tokens_policy=policy)
    assert is_active(client, server, plaintext)


def test_pol6_a_demoted_administrators_token_stays_live(client: Client, server: Any, administrator: User) -> None:
    plaintext = issued_pat(administrator, ApplicationFactory.create(administrators_only=True)).plaintext
    User.objects.update(is_administrator=False)
    assert is_active(client, server, plaintext)


def test_t13_introspection_shows_the_scopes_that_the_application_still_has(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application, scopes=["read", "update"]).plaintext
    assert introspect(client, server, plaintext).json()["scope"] == "read update"
    TrustedApplication.objects.update(scopes="update write")
    assert introspect(client, server, plaintext).json()["scope"] == "update"


def test_tok12_a_sat_acts_as_the_system_user_of_now(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    plaintext = issued_sat(application).plaintext
    assert application.system_user
    assert introspect(client, server, plaintext).json()["sub"] == str(application.system_user.pk)
    robot = UserFactory.create(username="robot2", system=True)
    TrustedApplication.objects.update(system_user=robot)
    answer = introspect(client, server, plaintext).json()
    assert (answer["sub"], answer["username"]) == (str(robot.pk), "robot2")


def test_pol4_a_sat_of_an_application_without_a_system_user_is_inactive(
    client: Client, server: Any, application: TrustedApplication
) -> None:
    plaintext = issued_sat(application).plaintext
    TrustedApplication.objects.update(system_user=None)
    assert introspect(client, server, plaintext).content == INACTIVE


def test_tok11_the_system_user_has_no_say_over_pats_nor_a_person_over_sats(
    client: Client, server: Any, administrator: User, application: TrustedApplication
) -> None:
    pat, sat = issued_pat(administrator, application).plaintext, issued_sat(application).plaintext
    assert application.system_user_id
    User.objects.filter(pk=application.system_user_id).update(is_active=False)
    assert (is_active(client, server, pat), is_active(client, server, sat)) == (True, False)
    User.objects.update(is_active=True)
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    assert (is_active(client, server, pat), is_active(client, server, sat)) == (False, True)
