"""What a change of an application reads of its tokens (POL-6): an application may have half a million."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.selection import lock_rows
from reference_tokens.models import ReferenceToken
from reference_tokens.policy.change import ImpactChoices, ImpactNotSeen, change_application, change_of
from reference_tokens.policy.impact import counted_sets
from reference_tokens.policy.one_pass import read_sets
from tests.factories import UserFactory, issued_pat, issued_sat
from tests.introspection import Statements
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tokens(alice: User, administrator: User, application: TrustedApplication) -> None:
    """Of each kind, with one scope or two."""
    issued_pat(alice, application)
    issued_pat(administrator, application, scopes=["read", "update"])
    issued_sat(application)


def change(application: TrustedApplication, choices: ImpactChoices, actor: Actor = OPERATOR, **values: Any) -> None:
    change_application(
        actor=actor, application_id=application.pk, now=timezone.now(), choices=choices, owners=None, **values
    )


def seen_impact(application: TrustedApplication, **values: Any) -> str:
    with pytest.raises(ImpactNotSeen) as caught:
        change(application, ImpactChoices(), **values)
    return caught.value.impact.seen


@pytest.mark.parametrize("values", [{"is_enabled": False}, {"system_user": None}])
def test_pol5_tokens_that_are_only_told_of_are_counted_and_not_read_one_by_one(
    application: TrustedApplication, values: dict[str, Any]
) -> None:
    """With a million of them the kill switch works at once all the same."""
    seen = seen_impact(application, **values)
    with Statements() as statements:
        change(application, ImpactChoices(seen), **values)
    about_tokens = statements.about_tokens
    assert about_tokens
    assert not [sql for sql in about_tokens if "COUNT(" not in sql and "LIMIT 1" not in sql]


@pytest.mark.parametrize(
    "values",
    [
        {"access_tokens_policy": "None"},
        {"max_lifetime_days": 20},
        {"scopes": ["update"]},
        {"access_tokens_policy": "AdministratorsOnly", "max_lifetime_days": 20, "scopes": ["update"]}
        | {"is_enabled": False, "system_user": None},
    ],
)
def test_pol6_what_is_shown_and_confirmed_reads_the_tokens_once_for_all_rules_and_locks_none(
    application: TrustedApplication, values: dict[str, Any]
) -> None:
    """An application may have half a million."""
    with Statements() as shown:
        seen = seen_impact(application, **values)
    with Statements() as confirmed:
        change(application, ImpactChoices(seen), **values)
    for statements in (shown, confirmed):
        assert len(statements.about_tokens) == 1
        assert not [sql for sql in statements.about_tokens if "FOR NO KEY UPDATE" in sql]


def test_pol6_one_pass_over_the_tokens_finds_the_sets_that_the_database_counts(application: TrustedApplication) -> None:
    rules = {"access_tokens_policy": "AdministratorsOnly", "max_lifetime_days": 20, "scopes": ["read"]}
    concerned = change_of(application, rules | {"is_enabled": False, "system_user": None}, timezone.now())
    in_one_pass, counted = read_sets(concerned), counted_sets(concerned.touched())
    assert {name: counts for name, (_digests, counts) in in_one_pass.items()} == {
        name: counts for name, (_digests, counts) in counted.items()
    }


@pytest.mark.parametrize("has_actor", [True, False])
def test_pol3_who_holds_the_tokens_and_who_acts_are_locked_before_the_tokens(
    application: TrustedApplication,
    alice: User,
    administrator: User,
    monkeypatch: pytest.MonkeyPatch,
    has_actor: bool,
) -> None:
    other = UserFactory.create(administrator=True)
    locked: list[tuple[type, set[Any]]] = []

    def seen_locking(rows: Any) -> int:
        locked.append((rows.model, set(rows.values_list("pk", flat=True))))
        return lock_rows(rows)

    monkeypatch.setattr("reference_tokens.policy.change.lock_rows", seen_locking)
    seen = seen_impact(application, max_lifetime_days=20)
    actor = Actor.person(other, Source.MANAGE) if has_actor else OPERATOR
    change(application, ImpactChoices(seen, shortens=True), actor, max_lifetime_days=20)
    people = {alice.pk, administrator.pk, *([other.pk] if has_actor else [])}
    tokens = set(ReferenceToken.objects.values_list("pk", flat=True))
    assert locked == [(User, people), (ReferenceToken, tokens)]
