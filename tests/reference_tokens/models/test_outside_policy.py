"""POL-6: which tokens could not be issued today, asked of one token and found among many, with the same answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.lifecycle.hash_keys import current_hash_key
from reference_tokens.lifecycle.issuance import IssuedToken, IssuingRefused
from reference_tokens.models import ReferenceToken
from reference_tokens.models.outside_policy import Outside, SomeScopeIn, outside_text, reasons_outside, scopes_value
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

# In an hour that Auckland has twice, and with microseconds, which SQLite's own functions do not keep.
NOW = datetime(2027, 4, 3, 14, 30, 0, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def found(reason: Outside, application: TrustedApplication | None = None) -> set[ReferenceToken]:
    return set(ReferenceToken.objects.outside_policy(NOW, application, [reason]))


def said(reason: Outside, application: TrustedApplication | None = None) -> set[ReferenceToken]:
    tokens = ReferenceToken.objects.select_related("application", "holder")
    if application:
        tokens = tokens.of(application)
    return {token for token in tokens if reason in reasons_outside(token.terms, application or token.application, NOW)}


@pytest.fixture
def every_token(settings: Settings) -> list[TrustedApplication]:
    """A token of each sort for applications with each kind of rule, whether it could be issued or not."""
    settings.MAX_TOKEN_LIFETIME_DAYS = 20
    Scope.objects.create(name="a%_'b", description="Odd characters.")
    applications = [
        ApplicationFactory.create(
            access_tokens_policy=policy, max_lifetime_days=days, allows_tokens_without_expiry=forever, scopes=scopes
        )
        for policy, days, forever, scopes in [
            ("AuthenticatedUsers", None, False, ("read", "update")),
            ("AuthenticatedUsers", 7, True, ("a%_'b", "read")),
            ("AdministratorsOnly", 30, False, ("read",)),
            ("None", 7, False, ()),
        ]
    ]
    holders = [None, UserFactory.create(), UserFactory.create(administrator=True), UserFactory.create(inactive=True)]
    lives = [
        None,
        *(timedelta(days=days) + much for days in (7, 20, 30) for much in (-MICROSECOND, timedelta(0), MICROSECOND)),
    ]
    sets = ["read", "read update", "a%_'b", "ead", "READ"]
    key = current_hash_key(NOW)
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT" if holder else "SAT",
            application=application,
            holder=holder,
            hash_key_id=key,
            digest=number.to_bytes(32),
            issued_at=NOW - timedelta(days=1),
            expires_at=None if life is None else NOW + life,
            scopes=scopes,
        )
        for number, (application, holder, life, scopes) in enumerate(product(applications, holders, lives, sets))
    )
    return applications


@pytest.mark.parametrize("reason", Outside)
def test_pol6_sql_finds_exactly_what_is_said_of_each_token(
    reason: Outside, every_token: list[TrustedApplication]
) -> None:
    assert found(reason) == said(reason)
    assert 0 < len(found(reason)) < ReferenceToken.objects.count()


@pytest.mark.parametrize("reason", Outside)
def test_pol6_the_same_holds_under_rules_that_are_only_proposed(
    reason: Outside, every_token: list[TrustedApplication]
) -> None:
    for application in every_token:
        application.is_enabled = False
        assert found(reason, application) == said(reason, application)


def test_pol6_any_reason_is_enough(every_token: list[TrustedApplication]) -> None:
    every = set().union(*(said(reason) for reason in Outside))
    assert set(ReferenceToken.objects.outside_policy(NOW)) == every


def test_some_scope_is_shared_by_name_alone(every_token: list[TrustedApplication]) -> None:
    wanted = scopes_value(["read", "a%_'b"])
    shared = ReferenceToken.objects.filter(Q(SomeScopeIn("scopes", wanted)))
    assert {token.scopes for token in shared} == {("read",), ("read", "update"), ("a%_'b",)}


@pytest.mark.parametrize(
    ("columns", "token_request"),
    [
        ({}, {}),
        ({"access_tokens_policy": "AdministratorsOnly"}, {}),
        ({"access_tokens_policy": "None"}, {}),
        ({"scopes": "read"}, {"scopes": ["read", "update"]}),
        ({"scopes": "update"}, {}),
        ({"max_lifetime_days": 29}, {}),
        ({"max_lifetime_days": 30}, {}),
        ({}, {"expires_at": None}),
    ],
)
def test_pol6_a_token_is_outside_where_the_same_would_not_be_issued_again(
    alice: User,
    administrator: User,
    application: TrustedApplication,
    columns: dict[str, str],
    token_request: dict[str, object],
) -> None:
    with time_machine.travel(NOW, tick=False):
        TrustedApplication.objects.update(allows_tokens_without_expiry=True)
        issues: list[Callable[[], IssuedToken]] = [
            lambda: issued_pat(alice, application, **token_request),
            lambda: issued_pat(administrator, application, **token_request),
            lambda: issued_sat(application, **token_request),
        ]
        tokens = [issue().token for issue in issues]
        TrustedApplication.objects.update(**{"allows_tokens_without_expiry": False} | columns)
        outside = set(ReferenceToken.objects.outside_policy(NOW).values_list("pk", flat=True))
        for issue, token in zip(issues, tokens, strict=True):
            try:
                issue()
            except (IssuingRefused, ValidationError):
                assert token.pk in outside
            else:
                assert token.pk not in outside


def test_pol6_the_sentence_names_every_reason(alice: User, application: TrustedApplication) -> None:
    token = issued_pat(alice, application, scopes=["read", "update"]).token
    alter(token, expires_at=None)
    TrustedApplication.objects.update(access_tokens_policy="None", scopes="read")
    token = ReferenceToken.objects.get()
    assert outside_text(reasons_outside(token.terms, token.application, NOW)) == (
        "It could not be issued today: the AccessTokens policy of its application does not allow it; its application "
        "does not allow tokens without expiry; its application does not offer all of its scopes."
    )


def test_pol6_what_keeps_a_token_from_being_good_at_all_is_no_part_of_it(
    alice: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    issued_sat(application)
    TrustedApplication.objects.update(is_enabled=False, system_user=None)
    User.objects.update(is_active=False)
    assert not ReferenceToken.objects.outside_policy(timezone.now()).exists()
