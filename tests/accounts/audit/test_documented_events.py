"""docs/audit-events.md names every event, and nothing else; `tests.documented_events` holds entries to it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR, Target, record_event
from accounts.audit.registry import registered_actions
from tests.documented_events import documented


@pytest.mark.once
def test_aud1_every_recorded_action_is_documented() -> None:
    assert set(documented()) == set(registered_actions())


@pytest.mark.django_db
def test_aud1_no_test_writes_a_detail_that_is_not_documented() -> None:
    with transaction.atomic(), pytest.raises(AssertionError, match=r"user:sign_in holds {'colour'} too"):
        record_event(OPERATOR, "user:sign_in", Target("user", ""), now=timezone.now(), details={"colour": "red"})
