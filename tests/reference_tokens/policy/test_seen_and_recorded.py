"""POL-6: what an administrator has seen stands for one change of one set of tokens; what is done tells why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.audit.record import OPERATOR
from accounts.forms.versions import ChangedMeanwhile, Opened, version_of
from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, TokensChanged, change_application
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication
from trusted_apps.registration import application_settings

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
# Two changes that do the same to the same tokens, but for the one rule in which they differ.
ALIKE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"access_tokens_policy": "AdministratorsOnly"}, {"access_tokens_policy": "None"}),
    ({"max_lifetime_days": 20}, {"max_lifetime_days": 10}),
    ({"scopes": ["update"]}, {"scopes": []}),
    ({"max_lifetime_days": 20}, {"max_lifetime_days": 20, "is_enabled": False}),
    ({"max_lifetime_days": 20}, {"max_lifetime_days": 20, "allows_tokens_without_expiry": True}),
    ({"max_lifetime_days": 20}, {"max_lifetime_days": 20, "system_user": None}),
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return last_till_2028(issued_pat(alice, application).token)


def last_till_2028(token: ReferenceToken) -> ReferenceToken:
    """The token, as if it were issued now."""
    alter(token, issued_at=NOW, expires_at=NOW.replace(year=2028))
    return token


def change(application: TrustedApplication, choices: ImpactChoices, **values: Any) -> TokensChanged:
    return change_application(actor=OPERATOR, application_id=application.pk, now=NOW, choices=choices, **values)


def refusal(application: TrustedApplication, choices: ImpactChoices, **values: Any) -> ImpactNotSeen:
    with pytest.raises(ImpactNotSeen) as caught:
        change(application, choices, **values)
    return caught.value


def seen(application: TrustedApplication, **values: Any) -> str:
    return refusal(application, ImpactChoices(), **values).impact.seen


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_pol6_what_was_seen_of_one_change_does_not_stand_for_another(
    application: TrustedApplication, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert seen(application, **one) == seen(application, **one) != seen(application, **other)


@pytest.mark.parametrize("values", [one for one, _other in ALIKE[:3]])
def test_pol6_what_was_seen_of_one_token_does_not_stand_for_another_of_its_owner(
    application: TrustedApplication, alice: User, token: ReferenceToken, values: dict[str, Any]
) -> None:
    before = seen(application, **values)
    alter(token, revoked_at=NOW)
    last_till_2028(issued_pat(alice, application).token)
    assert seen(application, **values) != before


def test_pol6_what_was_seen_of_an_administrators_token_does_not_stand_for_another(
    application: TrustedApplication, administrator: User
) -> None:
    TrustedApplication.objects.update(access_tokens_policy="AdministratorsOnly")
    one = last_till_2028(issued_pat(administrator, application).token)
    before = seen(application, access_tokens_policy="None")
    alter(one, revoked_at=NOW)
    last_till_2028(issued_pat(administrator, application).token)
    assert seen(application, access_tokens_policy="None") != before


def test_pol6_a_refusal_names_what_is_to_be_seen_and_asking_for_nothing_needs_no_look(
    application: TrustedApplication,
) -> None:
    refused = refusal(application, ImpactChoices(revokes_outside=True), access_tokens_policy="None")
    assert refused.args == (refused.impact.seen,)
    assert refusal(application, ImpactChoices("other", shortens=True), name="Word").impact.groups == {}
    assert change(application, ImpactChoices(shortens=True), name="Word") == TokensChanged(0, 0)


@pytest.mark.parametrize("policy", ["AdministratorsOnly", "None"])
def test_pol6_tokens_are_revoked_with_the_rule_that_they_were_chosen_by(
    application: TrustedApplication, token: ReferenceToken, policy: str
) -> None:
    values = {"access_tokens_policy": policy}
    choices = ImpactChoices(seen(application, **values), revokes_outside=True)
    assert change(application, choices, **values) == TokensChanged(revoked=1, shortened=0)
    token.refresh_from_db()
    assert (token.revoked_at, token.why_revoked.code, token.why_revoked.text) == (NOW, "application_policy", policy)
    entry = AuditEvent.objects.get(action="token:revoke_many")
    chosen = {"application": str(application.pk), "outside_policy": policy}
    assert entry.details["chosen_by"] == chosen
    assert entry.at == NOW


def test_pol6_tokens_without_a_scope_are_revoked_with_the_scopes_that_are_left(
    application: TrustedApplication, token: ReferenceToken
) -> None:
    values = {"scopes": ["update"]}
    choices = ImpactChoices(seen(application, **values), revokes_without_scopes=True)
    assert change(application, choices, **values) == TokensChanged(revoked=1, shortened=0)
    token.refresh_from_db()
    assert (token.revoked_at, token.why_revoked.code, token.why_revoked.text) == (NOW, "application_scopes", "")
    chosen = {"application": str(application.pk), "without_scopes_of": ["update"]}
    assert AuditEvent.objects.get(action="token:revoke_many").details["chosen_by"] == chosen


def test_pol6_each_thing_is_done_where_it_alone_is_asked_for(application: TrustedApplication) -> None:
    values = {"access_tokens_policy": "None", "max_lifetime_days": 20, "scopes": []}
    assert change(application, ImpactChoices(seen(application, **values), shortens=True), **values).shortened == 1
    assert ReferenceToken.objects.get().revoked_at is None
    assert AuditEvent.objects.get(action="token:shorten_many").at == NOW


def test_pol6_a_change_of_what_somebody_changed_meanwhile_is_refused(application: TrustedApplication) -> None:
    opened = Opened(version_of(application_settings(application)))
    change(application, ImpactChoices(), name="Word")
    with pytest.raises(ChangedMeanwhile) as caught:
        change(application, ImpactChoices(), name="Writer", opened=opened)
    assert caught.value.target.id == str(application.pk)
    owner = UserFactory.create()
    with pytest.raises(ChangedMeanwhile):
        change(application, ImpactChoices(), owners=[owner], opened=opened)
    application.refresh_from_db()
    opened = Opened(version_of(application_settings(application)))
    change(application, ImpactChoices(), owners=iter([owner]), opened=opened)
    assert list(application.owners.all()) == [owner]
    assert AuditEvent.objects.filter(action="application:update", at=NOW).count() == 2


def test_pol6_a_sat_is_an_administrators_and_alone_in_acting_as_another(application: TrustedApplication) -> None:
    last_till_2028(issued_sat(application).token)
    closed = {"access_tokens_policy": "AdministratorsOnly", "system_user": None}
    groups = refusal(application, ImpactChoices(), **closed).impact.groups
    assert {name: group.count for name, group in groups.items()} == {"outside_policy": 1, "acting_as_another": 1}
