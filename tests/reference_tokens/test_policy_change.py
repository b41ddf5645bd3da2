"""Counting what a new policy puts outside (POL-6)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from reference_tokens.policy_change import counted, newly_outside
from tests.factories import UserFactory, alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_the_owners_with_most_tokens_come_first_and_the_rest_is_summed_up(application: TrustedApplication) -> None:
    for number in range(12):
        user = UserFactory.create(username=f"user{number:02}", name="")
        for _token in range(3 if number == 11 else 1):
            issued_pat(user, application)
    issued_sat(application)
    found = counted(newly_outside(application, "None", timezone.now()))
    assert (found.total, len(found.counts)) == (15, 11)
    assert found.counts[0] == {"count": 3, "kind_label": "Personal access token", "owner_name": "user11"}
    assert found.counts[-1] == {"count": 3, "kind_label": "Access tokens", "owner_name": "other owners"}
    assert sum(line["count"] for line in found.counts) == found.total


def test_the_count_is_a_sentence(alice: User, application: TrustedApplication) -> None:
    issued_pat(alice, application)
    found = counted(newly_outside(application, "AdministratorsOnly", timezone.now()))
    assert found.total_label == "1 live token could not be issued under this policy."


def test_suspended_tokens_count_and_ended_ones_do_not(alice: User, application: TrustedApplication) -> None:
    alter(issued_pat(alice, application).token, suspended_at=timezone.now())
    alter(issued_pat(alice, application).token, revoked_at=timezone.now())
    assert counted(newly_outside(application, "None", timezone.now())).total == 1


def test_what_is_outside_already_is_not_counted_again(
    alice: User, administrator: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    issued_pat(administrator, application)
    TrustedApplication.objects.update(access_tokens_policy="AdministratorsOnly")
    application.refresh_from_db()
    found = counted(newly_outside(application, "None", timezone.now()))
    assert [(line["count"], line["owner_name"]) for line in found.counts] == [(1, "Ada")]
