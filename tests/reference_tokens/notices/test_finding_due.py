"""How the tokens are found that expire soon: among millions, and in whatever number a step has."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.notices.due import EXPIRY_STEPS
from reference_tokens.notices.noting import tokens_to_note, unnoted
from tests.factories import alter, issued_pat
from tests.introspection import plan
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


# PostgreSQL chooses by what the tables hold, and in a test they are empty.
@pytest.mark.once
@pytest.mark.parametrize("step", EXPIRY_STEPS)
def test_the_tokens_of_a_step_are_found_by_their_expiry(step: int) -> None:
    """Of a million, those of every person who can be mailed would be looked at each hour otherwise."""
    assert "token_by_expiry" in plan(unnoted(step, NOON).values("pk"))


@pytest.mark.parametrize("step", EXPIRY_STEPS)
def test_each_token_of_a_step_is_asked_for_its_own_notices(step: int) -> None:
    """Joined to them, each of tens of thousands was held against all notices of the step."""
    found = plan(unnoted(step, NOON).values("pk"))
    assert ("CORRELATED SCALAR SUBQUERY" if connection.vendor == "sqlite" else "SubPlan") in found
    assert "Join" not in found


@pytest.mark.parametrize("step", EXPIRY_STEPS)
def test_no_other_notice_is_read_for_a_token(step: int) -> None:
    """Of a hundred thousand tokens that were just revoked, all notices were read for each of thirty thousand."""
    found = plan(unnoted(step, NOON).values("pk"))
    assert "Nested Loop" not in found
    assert "notice_one_for_each_cause" not in found


def test_a_portion_of_a_step_is_found_by_its_ids(alice: User, application: TrustedApplication) -> None:
    """Of a hundred thousand in a step, all were read again for each few hundred."""
    tokens = [issued_pat(alice, application).token for _ in range(48)]
    for number, token in enumerate(tokens):
        alter(token, issued_at=NOON - 80 * DAY, expires_at=NOON + (10 if number < 8 else 300) * DAY)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {ReferenceToken._meta.db_table}")
    due = tokens_to_note([token.pk for token in tokens[:8]], 30, NOON).values("pk")
    assert due.count() == 8
    assert not re.search(r"(?:Index Cond: |SEARCH ).*expires_at", due.explain())
