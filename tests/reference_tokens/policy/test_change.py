"""POL-6, TOK-12: which tokens a change of an application concerns, and what is done to them in the same step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.selection import OwnerCount
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, TokensChanged, change_application
from reference_tokens.policy.impact import Impact
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import Scope, TrustedApplication
from trusted_apps.registration import application_target

pytestmark = pytest.mark.django_db


def change(application: TrustedApplication, choices: ImpactChoices | None = None, **values: Any) -> TokensChanged:
    return change_application(
        actor=OPERATOR,
        application_id=application.pk,
        now=timezone.now(),
        choices=choices or ImpactChoices(),
        owners=None,
        **values,
    )


def impact_of(application: TrustedApplication, **values: Any) -> Impact:
    with pytest.raises(ImpactNotSeen) as caught:
        change(application, **values)
    return caught.value.impact


def groups_of(application: TrustedApplication, **values: Any) -> dict[str, set[str]]:
    """The descriptions of the tokens that the change concerns, by what it does to them."""
    impact = impact_of(application, **values)
    touched = {name: set(impact.change.touched()[name].values_list("description", flat=True)) for name in impact.groups}
    assert {name: len(names) for name, names in touched.items()} == {
        name: group.count for name, group in impact.groups.items()
    }
    return touched


def done_to_all(application: TrustedApplication, **values: Any) -> TokensChanged:
    """The change once it was seen, with everything ticked."""
    seen = impact_of(application, **values).seen
    everything = ImpactChoices(seen, revokes_outside=True, shortens=True, revokes_without_scopes=True)
    return change(application, everything, **values)


def live() -> set[str]:
    return set(ReferenceToken.objects.filter(revoked_at=None).values_list("description", flat=True))


@pytest.fixture
def tokens(alice: User, administrator: User, application: TrustedApplication) -> None:
    """One of each sort: description says which."""
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    application.refresh_from_db()
    now = timezone.now()
    issued_pat(alice, application, description="alice reads", expires_at=now + timedelta(days=7))
    issued_pat(alice, application, description="alice updates", scopes=["update"])
    issued_pat(administrator, application, description="ada both", scopes=["read", "update"])
    issued_sat(application, description="sat for ever", expires_at=None)
    suspended = issued_sat(application, description="sat suspended").token
    alter(suspended, suspended_at=now)
    alter(issued_sat(application, description="revoked").token, revoked_at=now)
    alter(issued_sat(application, description="expired").token, issued_at=now - timedelta(2), expires_at=now)


EVERY = {"alice reads", "alice updates", "ada both", "sat for ever", "sat suspended"}
EVERY_RULE = {"access_tokens_policy": "AdministratorsOnly", "max_lifetime_days": 29, "scopes": ["update"]}
EVERY_RULE |= {"is_enabled": False, "system_user": None}


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"access_tokens_policy": "AdministratorsOnly"}, {"outside_policy": {"alice reads", "alice updates"}}),
        ({"access_tokens_policy": "None"}, {"outside_policy": EVERY}),
        ({"max_lifetime_days": 29}, {"living_longer": EVERY - {"alice reads", "sat for ever"}}),
        (
            {"max_lifetime_days": 29, "allows_tokens_without_expiry": False},
            {"living_longer": EVERY - {"alice reads"}},
        ),
        ({"allows_tokens_without_expiry": False}, {"living_longer": {"sat for ever"}}),
        (
            {"scopes": ["update"]},
            {"losing_scopes": {"ada both"}, "without_scopes": EVERY - {"alice updates", "ada both"}},
        ),
        ({"scopes": []}, {"without_scopes": EVERY}),
        ({"is_enabled": False}, {"disabled": EVERY}),
        ({"system_user": None}, {"acting_as_another": {"sat for ever", "sat suspended"}}),
        (
            EVERY_RULE,
            {
                "outside_policy": {"alice reads", "alice updates"},
                "living_longer": EVERY - {"alice reads", "sat for ever"},
                "losing_scopes": {"ada both"},
                "without_scopes": EVERY - {"alice updates", "ada both"},
                "disabled": EVERY,
                "acting_as_another": {"sat for ever", "sat suspended"},
            },
        ),
    ],
)
def test_pol6_a_change_concerns_the_tokens_that_may_still_be_good(
    application: TrustedApplication, values: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    assert groups_of(application, **values) == expected
    application.refresh_from_db()
    assert (application.access_tokens_policy, application.is_enabled) == ("AuthenticatedUsers", True)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "Word"},
        {"access_tokens_policy": "AuthenticatedUsers", "scopes": ["update", "read"]},
        {"max_lifetime_days": 400},
        {"max_lifetime_days": 366},
        {"allows_self_rotation": True},
    ],
)
def test_pol6_a_change_that_concerns_no_token_is_made_at_once(
    application: TrustedApplication, values: dict[str, Any]
) -> None:
    assert change(application, **values) == TokensChanged(0, 0)


@pytest.mark.usefixtures("tokens")
def test_pol6_a_wider_rule_concerns_nobody(application: TrustedApplication) -> None:
    """Although some tokens are outside of what is allowed before and after."""
    TrustedApplication.objects.update(
        access_tokens_policy="None",
        max_lifetime_days=1,
        allows_tokens_without_expiry=False,
        scopes="",
        is_enabled=False,
    )
    wider: dict[str, Any] = {"max_lifetime_days": 2, "access_tokens_policy": "AdministratorsOnly", "scopes": ["read"]}
    assert change(application, **wider, is_enabled=True) == TokensChanged(0, 0)


@pytest.mark.usefixtures("tokens")
def test_pol6_what_is_outside_already_is_not_counted_again(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(access_tokens_policy="AdministratorsOnly", scopes="update")
    assert groups_of(application, access_tokens_policy="None", scopes=[]) == {
        "outside_policy": EVERY - {"alice reads", "alice updates"},
        "without_scopes": {"alice updates", "ada both"},
    }


@pytest.mark.usefixtures("tokens")
def test_pol6_nothing_is_touched_unless_asked(application: TrustedApplication) -> None:
    values = {"access_tokens_policy": "None", "max_lifetime_days": 1, "scopes": []}
    before = list(ReferenceToken.objects.order_by("pk").values())
    assert change(application, ImpactChoices(impact_of(application, **values).seen), **values) == TokensChanged(0, 0)
    assert list(ReferenceToken.objects.order_by("pk").values()) == before
    application.refresh_from_db()
    assert (application.access_tokens_policy, application.scopes) == ("None", ())


@pytest.mark.usefixtures("tokens")
def test_pol6_tokens_that_live_too_long_are_shortened_with_one_entry(application: TrustedApplication) -> None:
    values = {"max_lifetime_days": 29, "allows_tokens_without_expiry": False}
    before: dict[str, Any] = dict(ReferenceToken.objects.values_list("description", "expires_at"))
    with time_machine.travel(timezone.now(), tick=False):
        latest = timezone.now().replace(microsecond=0) + timedelta(days=29)
        assert done_to_all(application, **values) == TokensChanged(revoked=0, shortened=4)
    after = dict(ReferenceToken.objects.values_list("description", "expires_at"))
    assert after == before | dict.fromkeys(EVERY - {"alice reads"}, latest)
    longest = max(before[name] for name in EVERY - {"sat for ever"})
    entry = AuditEvent.objects.get(action="token:shorten_many")
    assert (entry.target_type, entry.target_id) == ("application", str(application.pk))
    assert entry.details == {
        "count": 4,
        "before": {"without_expiry": 1, "latest": longest.isoformat()},
        "after": latest.isoformat(),
    }


def test_pol6_where_none_lives_longer_nothing_is_shortened_or_recorded(application: TrustedApplication) -> None:
    now = timezone.now()
    issued_sat(application)
    count = AuditEvent.objects.count()
    every, latest = ReferenceToken.objects.all(), now + timedelta(days=31)
    target = application_target(application)
    assert not shorten_tokens(actor=OPERATOR, tokens=every, target=target, expires_at=latest, now=now)
    assert AuditEvent.objects.count() == count


def test_pol6_tokens_without_expiry_alone_are_shortened_too(application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    issued_sat(application, expires_at=None)
    assert done_to_all(application, allows_tokens_without_expiry=False) == TokensChanged(revoked=0, shortened=1)
    before = AuditEvent.objects.get(action="token:shorten_many").details["before"]
    assert before == {"without_expiry": 1, "latest": None}


@pytest.mark.usefixtures("tokens")
def test_pol6_a_shortened_token_is_outside_the_policy_no_more(application: TrustedApplication) -> None:
    done_to_all(application, max_lifetime_days=29, allows_tokens_without_expiry=False)
    assert not ReferenceToken.objects.not_ended(timezone.now()).outside_policy(timezone.now()).exists()


@pytest.mark.usefixtures("tokens")
def test_pol6_tokens_left_with_no_scope_are_revoked_and_others_are_not(application: TrustedApplication) -> None:
    assert done_to_all(application, scopes=["update"]) == TokensChanged(revoked=3, shortened=0)
    assert live() == {"alice updates", "ada both", "expired"}
    revoked = ReferenceToken.objects.exclude(revocation_id=None)
    assert {token.why_revoked.in_words() for token in revoked} == {"The application no longer offers any of its scopes"}
    assert AuditEvent.objects.get(action="token:revoke_many").details["count"] == 3


@pytest.mark.usefixtures("tokens")
def test_pol6_a_token_revoked_for_one_reason_is_left_alone_for_the_others(application: TrustedApplication) -> None:
    values = {"access_tokens_policy": "AdministratorsOnly", "max_lifetime_days": 7, "scopes": ["update"]}
    assert done_to_all(application, **values) == TokensChanged(revoked=4, shortened=1)
    actions = AuditEvent.objects.order_by("-seq").values_list("action", flat=True)[:4]
    assert list(actions) == ["application:update", "token:shorten_many", "token:revoke_many", "token:revoke_many"]
    left_alone: Any = ReferenceToken.objects.get(description="alice updates")
    assert left_alone.expires_at > timezone.now() + timedelta(days=8)


@pytest.mark.usefixtures("tokens")
def test_pol6_what_was_shown_is_what_is_done_or_it_is_shown_again(application: TrustedApplication, alice: User) -> None:
    values = {"access_tokens_policy": "AdministratorsOnly"}
    choices = ImpactChoices(impact_of(application, **values).seen, revokes_outside=True)
    # As many as before, but not the same.
    alter(ReferenceToken.objects.get(description="alice reads"), revoked_at=timezone.now())
    issued_pat(alice, application, description="new")
    with pytest.raises(ImpactNotSeen) as caught:
        change(application, choices, **values)
    assert caught.value.impact.groups["outside_policy"].count == 2
    assert "new" in live()
    application.refresh_from_db()
    assert application.access_tokens_policy == "AuthenticatedUsers"


@pytest.mark.usefixtures("tokens")
def test_pol6_a_look_at_one_change_is_none_at_another(application: TrustedApplication) -> None:
    seen = impact_of(application, max_lifetime_days=20).seen
    assert groups_of(application, choices=ImpactChoices(seen, shortens=True), max_lifetime_days=10)


@pytest.mark.usefixtures("tokens")
def test_pol6_a_refused_change_touches_nothing(application: TrustedApplication) -> None:
    Scope.objects.filter(name="update").delete()
    with pytest.raises(ValidationError):
        done_to_all(application, access_tokens_policy="None", scopes=["update"])
    assert live() == EVERY | {"expired"}


def test_the_owners_with_most_tokens_come_first_and_the_rest_is_summed_up(application: TrustedApplication) -> None:
    for number in range(12):
        user = UserFactory.create(username=f"user{number:02}", name="")
        for _token in range(3 if number == 11 else 1):
            issued_pat(user, application)
    issued_sat(application)
    group = impact_of(application, access_tokens_policy="None").groups["outside_policy"]
    assert (group.count, len(group.owners)) == (15, 11)
    assert group.owners[0] == OwnerCount(3, "PAT", "user11", "")
    assert group.owners[-1] == OwnerCount(3, "", "", "")
    assert sum(owner.count for owner in group.owners) == group.count


@pytest.mark.usefixtures("tokens")
def test_many1_a_program_says_beforehand_what_is_done_to_whatever_the_change_concerns(
    application: TrustedApplication,
) -> None:
    everything = ImpactChoices(None, revokes_outside=True, shortens=True, revokes_without_scopes=True)
    done = change(application, everything, access_tokens_policy="None", max_lifetime_days=10)
    assert (done.revoked, live()) == (5, {"expired"})
    assert done.impact
    assert done.impact.groups["outside_policy"].count == 5


@pytest.mark.usefixtures("tokens")
def test_pol6_a_program_that_keeps_tokens_is_told_the_impact(application: TrustedApplication) -> None:
    before = live()
    done = change(application, ImpactChoices(None), access_tokens_policy="None")
    assert (done, live()) == (TokensChanged(0, 0), before)
    assert done.impact
    assert done.impact.groups["outside_policy"].count == 5
