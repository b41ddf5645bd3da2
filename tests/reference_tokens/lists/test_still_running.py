"""What a person still runs is found by an index, however many tokens others have."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists.still_running import number_running, sats_beside, still_running
from tests.factories import alter, issued_pat, issued_sat
from tests.introspection import Statements, plan_of
from tests.reference_tokens.lists.others import add_tokens_of_others
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_it_begins_at_the_tokens_of_the_person_and_at_the_sats_of_their_applications(
    alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    alter(token, last_used_at=timezone.now())
    sat = issued_sat(application).token
    add_tokens_of_others()
    with Statements() as statements:
        number_running(alice, timezone.now())
        [found] = still_running(alice, timezone.now()).select_related("application")
        beside = sats_beside([found], timezone.now())
    begins = re.compile(r"(?:Index Cond: \(+|SEARCH \w+ USING .*\()(application_id|holder_id) ?=")
    assert beside == {token.pk: sat}
    assert [begins.findall(plan_of(sql)) for sql in statements.about_tokens] == [
        ["holder_id"],
        ["holder_id"],
        ["application_id"],
        ["application_id"],
    ]


def test_the_days_that_are_counted_are_those_of_the_uses(alice: User, application: TrustedApplication) -> None:
    now = timezone.now().replace(hour=12)
    first_day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=29)
    token = issued_pat(alice, application).token
    for used_at, number in ((first_day, 1), (first_day - timedelta(seconds=1), 0)):
        alter(token, last_used_at=used_at)
        assert number_running(alice, now).number == number
