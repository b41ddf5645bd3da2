"""How many live tokens the rows of other lists have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists import live_counts
from reference_tokens.lists.live_counts import live_tokens_of_applications, live_tokens_of_users
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, plan_of
from tests.reference_tokens.lists.others import add_tokens_of_others
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def of_application(application: TrustedApplication, **later: int) -> str:
    now = timezone.now() + timedelta(**later)
    return str(live_tokens_of_applications([application.pk], now)[application.pk])


def of_user(user: User, **later: int) -> str:
    now = timezone.now() + timedelta(**later)
    return str(live_tokens_of_users([user.pk], now)[user.pk])


@pytest.fixture
def used(alice: User, application: TrustedApplication) -> TrustedApplication:
    """An application with a PAT that expires in 30 days, a PAT and a SAT that never do, and one that was revoked."""
    issued_pat(alice, application)
    alter(issued_pat(alice, application).token, expires_at=None)
    alter(issued_sat(application).token, expires_at=None, suspended_at=timezone.now())
    alter(issued_pat(alice, application).token, revoked_at=timezone.now())
    issued_pat(alice, ApplicationFactory.create(system_user=application.system_user))
    return application


def test_what_has_not_ended_counts_and_ends_with_its_time(used: TrustedApplication) -> None:
    assert of_application(used) == "3"
    assert of_application(used, days=29) == "3"
    assert of_application(used, days=31) == "2"


def test_a_person_has_pats_and_a_system_user_the_sats_of_its_applications(
    used: TrustedApplication, alice: User, bob: User
) -> None:
    assert used.system_user
    assert (of_user(alice), of_user(used.system_user), of_user(bob)) == ("3", "1", "0")
    assert (of_user(alice, days=31), of_user(used.system_user, days=31)) == ("1", "1")


@pytest.mark.parametrize(("limit", "said"), [(3, "3"), (2, "2+"), (1, "1+")])
def test_a_row_counts_to_its_limit(
    used: TrustedApplication, alice: User, monkeypatch: pytest.MonkeyPatch, limit: int, said: str
) -> None:
    for name in ("MOST_OF_AN_APPLICATION", "MOST_OF_A_USER"):
        monkeypatch.setattr(live_counts, name, limit)
    assert (of_application(used), of_user(alice)) == (said, said)


def test_the_rows_of_a_page_are_counted_in_two_queries(
    application: TrustedApplication, django_assert_num_queries: Any
) -> None:
    people = UserFactory.create_batch(50)
    with django_assert_num_queries(2, connection=connection):
        assert len(live_tokens_of_users([person.pk for person in people], timezone.now())) == 50


def test_the_count_of_a_row_begins_at_the_tokens_of_the_row(used: TrustedApplication, alice: User) -> None:
    add_tokens_of_others()
    assert used.system_user
    with Statements() as statements:
        of_application(used)
        of_user(alice)
        of_user(used.system_user)
    begins = re.compile(r"(?:Index Cond: \(+|SEARCH \w+ USING .*\()(application_id|holder_id|system_user_id) ?=")
    of_one = [["holder_id"], ["system_user_id", "application_id", "application_id"]]
    assert [begins.findall(plan_of(sql)) for sql in statements.about_tokens] == [
        ["application_id", "application_id"],
        *of_one,
        *of_one,
    ]
