"""What lists and pages say of a token is what a door says of its value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.validation.decision import decide
from reference_tokens.validation.records import record_of
from reference_tokens.validation.validate import find, judge_stored
from tests.factories import alter, issued_pat, issued_sat
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOW = timezone.now()
CHANGES: dict[str, Callable[[ReferenceToken], object]] = {
    "good": lambda token: alter(token, first_used_at=NOW),
    "revoked": lambda token: alter(token, revoked_at=NOW),
    "suspended": lambda token: alter(token, suspended_at=NOW),
    "expired": lambda token: alter(token, issued_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1)),
    "application disabled": lambda _token: TrustedApplication.objects.update(is_enabled=False, scopes=("update",)),
    "holder inactive": lambda _token: User.objects.update(is_active=False),
}


@pytest.mark.parametrize("kind", ["PAT", "SAT"])
@pytest.mark.parametrize("change", CHANGES)
def test_val1_a_token_read_with_its_application_and_holder_is_what_is_found_by_its_value(
    alice: User, application: TrustedApplication, kind: str, change: str
) -> None:
    alice.groups.set([Group.objects.create(name="staff")])
    issued = issued_pat(alice, application) if kind == "PAT" else issued_sat(application)
    CHANGES[change](issued.token)
    record = record_of(ReferenceToken.objects.get())
    assert record == find(issued.plaintext, None)
    assert record == judge_stored(issued.token.pk, now=NOW, server=None).record


def test_pol4_a_sat_without_a_system_user_has_no_holder_and_is_not_active(application: TrustedApplication) -> None:
    issued_sat(application)
    TrustedApplication.objects.update(system_user=None)
    record = record_of(ReferenceToken.objects.get())
    assert record.holder.id is None
    assert decide(record, timezone.now()).inactive == "holder_inactive"
