from __future__ import annotations

import pytest

from accounts.models import User
from tests.factories import ApplicationFactory, UserFactory
from trusted_apps.models import AccessTokensPolicy, TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_pat, obstacle_to_sat

pytestmark = pytest.mark.once

NONE, USERS, ADMINISTRATORS = "None", "AuthenticatedUsers", "AdministratorsOnly"


def built(policy: str = USERS, **columns: object) -> TrustedApplication:
    system_user = UserFactory.build(system=True)
    return ApplicationFactory.build(**{"access_tokens_policy": policy, "system_user": system_user, **columns})


def person(**traits: bool) -> User:
    return UserFactory.build(**traits)


@pytest.mark.parametrize(
    ("policy", "by_user", "by_administrator"),
    [
        (NONE, Obstacle.POLICY_NONE, Obstacle.POLICY_NONE),
        (USERS, None, None),
        (ADMINISTRATORS, Obstacle.ADMINISTRATORS_ONLY, None),
    ],
)
def test_pol2_who_may_issue_a_pat(policy: str, by_user: Obstacle | None, by_administrator: Obstacle | None) -> None:
    assert obstacle_to_pat(built(policy), person()) == by_user
    assert obstacle_to_pat(built(policy), person(administrator=True)) == by_administrator


@pytest.mark.parametrize(
    ("policy", "by_administrator"), [(NONE, Obstacle.POLICY_NONE), (USERS, None), (ADMINISTRATORS, None)]
)
def test_pol2_who_may_issue_a_sat(policy: str, by_administrator: Obstacle | None) -> None:
    assert obstacle_to_sat(built(policy), person(administrator=True)) == by_administrator
    assert obstacle_to_sat(built(policy), None) == by_administrator
    assert obstacle_to_sat(built(policy), person()) == Obstacle.NOT_AN_ADMINISTRATOR


def test_pol5_nothing_is_issued_for_a_disabled_application() -> None:
    application = built(disabled=True)
    assert obstacle_to_pat(application, person(administrator=True)) == Obstacle.APPLICATION_DISABLED
    assert obstacle_to_sat(application, None) == Obstacle.APPLICATION_DISABLED


def test_pol4_sat_needs_a_system_user() -> None:
    assert obstacle_to_sat(built(system_user=None), None) == Obstacle.NO_SYSTEM_USER
    assert obstacle_to_pat(built(system_user=None), person()) is None


def test_pol4_sat_needs_an_active_system_user() -> None:
    inactive = UserFactory.build(system=True, inactive=True)
    assert obstacle_to_sat(built(system_user=inactive), None) == Obstacle.SYSTEM_USER_INACTIVE


def test_peo1_system_user_has_no_pat() -> None:
    assert obstacle_to_pat(built(), person(system=True)) == Obstacle.NOT_A_PERSON


def test_inactive_person_issues_nothing() -> None:
    assert obstacle_to_pat(built(), person(inactive=True)) == Obstacle.PERSON_INACTIVE
    assert obstacle_to_sat(built(), person(administrator=True, inactive=True)) == Obstacle.PERSON_INACTIVE


@pytest.mark.parametrize("obstacle", Obstacle)
def test_pol4_reason_is_a_sentence(obstacle: Obstacle) -> None:
    assert str(obstacle.label)[0].isupper()
    assert str(obstacle.label).endswith(".")


def test_pol2_table_stands_in_one_place() -> None:
    assert AccessTokensPolicy.open_to(is_administrator=False) == {USERS}
    assert AccessTokensPolicy.open_to(is_administrator=True) == {USERS, ADMINISTRATORS}
