"""A SAT whose value nobody saw: the form that issued it issues another in its place (TOK-3, T5)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.issuance import AlreadyIssued, issue_pat, issue_sat
from reference_tokens.models import ReferenceToken
from tests.factories import UserFactory, token_request
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

KEY = uuid.UUID(int=7)


def sat_by(administrator: User, application: TrustedApplication, **changes: Any) -> ReferenceToken:
    actor = Actor.person(administrator, Source.MANAGE)
    return issue_sat(
        actor=actor, application=application, token_request=token_request(**changes), now=timezone.now()
    ).token


def live() -> set[ReferenceToken]:
    return set(ReferenceToken.objects.filter(revoked_at=None))


def test_t5_what_was_not_seen_is_revoked_alone_and_replaced_once(
    administrator: User, application: TrustedApplication
) -> None:
    other = sat_by(administrator, application)
    # The first of all by its id.
    ReferenceToken.objects.filter(pk=other.pk).update(id=uuid.UUID(int=1))
    first = sat_by(administrator, application, request_key=KEY)
    second = sat_by(administrator, application, request_key=KEY, replaces_not_seen=True)
    first.refresh_from_db()
    assert (first.why_revoked.code, first.revoked_by, first.revocation_source) == ("not_seen", administrator, "manage")
    assert {token.pk for token in live()} == {uuid.UUID(int=1), second.pk}
    with pytest.raises(AlreadyIssued) as caught:
        sat_by(administrator, application, request_key=KEY, replaces_not_seen=True)
    assert caught.value.token == second


def test_t5_the_form_of_one_administrator_revokes_no_token_of_another(
    administrator: User, application: TrustedApplication
) -> None:
    first = sat_by(administrator, application, request_key=KEY)
    second = sat_by(UserFactory.create(administrator=True), application, request_key=KEY, replaces_not_seen=True)
    assert live() == {first, second}


def test_tok3_what_comes_from_no_form_issues_each_time(administrator: User, application: TrustedApplication) -> None:
    made = {sat_by(administrator, application) for _time in range(2)}
    assert (live(), len(made)) == (made, 2)


def test_tok3_the_form_of_a_sat_issues_no_pat(administrator: User, application: TrustedApplication) -> None:
    sat_by(administrator, application, request_key=KEY)
    with pytest.raises(ValidationError, match="used elsewhere") as caught:
        issue_pat(
            actor=Actor.person(administrator, Source.PROFILE),
            user=administrator,
            application=application,
            token_request=token_request(request_key=KEY),
            now=timezone.now(),
        )
    assert caught.value.code == "used_elsewhere"
