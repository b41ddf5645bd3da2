"""POL-2, POL-4, POL-5: who may issue what. One table, asked in three places that may never disagree."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuingRefused, issue_pat, issue_sat
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, token_request
from trusted_apps.models import AccessTokensPolicy, TrustedApplication
from trusted_apps.policy import Obstacle, obstacle_to_pat, obstacle_to_sat

pytestmark = pytest.mark.django_db

PEOPLE = {
    "user": {},
    "administrator": {"administrator": True},
    "system": {"system": True},
    "inactive user": {"inactive": True},
    "inactive administrator": {"administrator": True, "inactive": True},
}
# (policy, who, kind) of every combination that may issue; all others may not.
ALLOWED = {
    ("AuthenticatedUsers", "user", "PAT"),
    ("AuthenticatedUsers", "administrator", "PAT"),
    ("AuthenticatedUsers", "administrator", "SAT"),
    ("AdministratorsOnly", "administrator", "PAT"),
    ("AdministratorsOnly", "administrator", "SAT"),
}
MATRIX = list(itertools.product(AccessTokensPolicy.values, PEOPLE, ("PAT", "SAT")))


def is_issued(kind: str, application: TrustedApplication, person: User) -> bool:
    """Whether a token comes out when this person asks for one in the sites."""
    actor = Actor.person(person, Source.PROFILE)
    now = timezone.now()
    try:
        if kind == "PAT":
            issue_pat(actor=actor, user=person, application=application, token_request=token_request(), now=now)
        else:
            issue_sat(actor=actor, application=application, token_request=token_request(), now=now)
    except IssuingRefused:
        assert not ReferenceToken.objects.exists()
        return False
    return ReferenceToken.objects.filter(kind=kind, application=application, issuer=person).count() == 1


@pytest.mark.parametrize(("policy", "who", "kind"), MATRIX)
def test_pol2_matrix(policy: str, who: str, kind: str) -> None:
    application = ApplicationFactory.create(access_tokens_policy=policy, with_system_user=True)
    person = UserFactory.create(**PEOPLE[who])
    is_allowed = (policy, who, kind) in ALLOWED

    obstacle = (obstacle_to_pat if kind == "PAT" else obstacle_to_sat)(application, person)
    assert (obstacle is None) is is_allowed
    assert is_issued(kind, application, person) is is_allowed
    if kind == "PAT":
        assert TrustedApplication.objects.open_to(person).contains(application) is is_allowed


@pytest.mark.parametrize(("policy", "who", "kind"), MATRIX)
def test_pol5_a_disabled_application_is_closed_to_everyone(policy: str, who: str, kind: str) -> None:
    application = ApplicationFactory.create(access_tokens_policy=policy, with_system_user=True, disabled=True)
    person = UserFactory.create(**PEOPLE[who])
    assert not is_issued(kind, application, person)
    assert not TrustedApplication.objects.open_to(person).exists()


def test_pol1_a_new_application_is_closed() -> None:
    assert TrustedApplication().access_tokens_policy == AccessTokensPolicy.NONE


@pytest.mark.parametrize(
    ("traits", "person", "obstacle"),
    [
        ({"disabled": True}, {}, Obstacle.APPLICATION_DISABLED),
        ({"closed": True}, {"administrator": True}, Obstacle.POLICY_NONE),
        ({"administrators_only": True}, {}, Obstacle.ADMINISTRATORS_ONLY),
        ({}, {"system": True}, Obstacle.NOT_A_PERSON),
        ({}, {"inactive": True}, Obstacle.PERSON_INACTIVE),
    ],
)
def test_pol3_a_refused_pat_says_why(traits: dict[str, bool], person: dict[str, bool], obstacle: Obstacle) -> None:
    application, user = ApplicationFactory.create(**traits), UserFactory.create(**person)
    with pytest.raises(IssuingRefused) as caught:
        issue_pat(
            actor=Actor.person(user, Source.PROFILE),
            user=user,
            application=application,
            token_request=token_request(),
            now=timezone.now(),
        )
    assert caught.value.obstacle is obstacle
    assert str(caught.value) == str(obstacle.label)


@pytest.mark.parametrize(
    ("traits", "person", "obstacle"),
    [
        ({"disabled": True, "with_system_user": True}, {"administrator": True}, Obstacle.APPLICATION_DISABLED),
        ({"closed": True, "with_system_user": True}, {"administrator": True}, Obstacle.POLICY_NONE),
        ({}, {"administrator": True}, Obstacle.NO_SYSTEM_USER),
        (
            {"with_system_user": True, "system_user__is_active": False},
            {"administrator": True},
            Obstacle.SYSTEM_USER_INACTIVE,
        ),
        ({"with_system_user": True}, {}, Obstacle.NOT_AN_ADMINISTRATOR),
        ({"with_system_user": True}, {"administrator": True, "inactive": True}, Obstacle.PERSON_INACTIVE),
    ],
)
def test_pol4_a_refused_sat_says_why(traits: dict[str, bool], person: dict[str, bool], obstacle: Obstacle) -> None:
    application, issuer = ApplicationFactory.create(**traits), UserFactory.create(**person)
    with pytest.raises(IssuingRefused) as caught:
        issue_sat(
            actor=Actor.person(issuer, Source.MANAGE),
            application=application,
            token_request=token_request(),
            now=timezone.now(),
        )
    assert caught.value.obstacle is obstacle


def test_pol3_the_row_in_the_database_decides_not_the_object_that_was_passed_in() -> None:
    application, user = ApplicationFactory.create(), UserFactory.create()
    TrustedApplication.objects.update(access_tokens_policy="None")
    assert application.access_tokens_policy == "AuthenticatedUsers"
    assert not is_issued("PAT", application, user)


def test_pol3_the_demoted_administrator_in_the_database_decides() -> None:
    application = ApplicationFactory.create(with_system_user=True)
    administrator = UserFactory.create(administrator=True)
    User.objects.filter(pk=administrator.pk).update(is_administrator=False)
    assert administrator.is_administrator
    assert not is_issued("SAT", application, administrator)
