"""POL-6: what is shortened ends sooner, never before it was issued, and the fence learns of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit.record import OPERATOR, Target
from accounts.database.before_commit import Noted
from accounts.models import AuditEvent, User
from reference_tokens.fence.lines import Line, Word, instant_text, line_text
from reference_tokens.lifecycle.shortening import shorten_tokens
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat
from tests.reference_tokens.fence.fences import in_file
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = timezone.now()
UNTIL = NOW + timedelta(days=3)
SECOND = timedelta(seconds=1)


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application).token


def shorten_to(until: datetime) -> int:
    everything = ReferenceToken.objects.all()
    target = Target("shortening", "1")
    return shorten_tokens(actor=OPERATOR, tokens=everything, target=target, expires_at=until, now=NOW)


def test_pol6_a_token_that_ends_at_that_instant_does_not_live_longer(token: ReferenceToken) -> None:
    alter(token, expires_at=UNTIL)
    assert shorten_to(UNTIL) == 0
    assert not AuditEvent.objects.filter(action="token:shorten_many").exists()


@pytest.mark.parametrize(
    ("before", "beyond"), [(timedelta(0), SECOND), (SECOND / 2, timedelta(0)), (-SECOND, 2 * SECOND)]
)
def test_pol6_only_what_was_not_issued_before_that_instant_ends_a_second_after_its_issue(
    token: ReferenceToken, before: timedelta, beyond: timedelta
) -> None:
    alter(token, issued_at=UNTIL - before)
    assert shorten_to(UNTIL) == 1
    token.refresh_from_db()
    assert token.expires_at == UNTIL + beyond


def noted() -> list[str]:
    """The lines of the fence that wait for the commit."""
    waiting = [entry[1] for entry in connection.run_on_commit]
    return [text for one in waiting if isinstance(one, Noted) for text in one.texts]


def test_run5_the_fence_learns_of_each_token_when_it_ends(settings: Any, tmp_path: Path, token: ReferenceToken) -> None:
    in_file(settings, tmp_path)
    assert shorten_to(UNTIL) == 1
    event = AuditEvent.objects.get(action="token:shorten_many")
    assert noted() == [line_text(Line(NOW, event.seq, Word.ENDS, str(token.pk), instant_text(UNTIL)))]


@pytest.mark.usefixtures("token")
def test_run5_without_a_fence_nothing_waits_for_the_commit() -> None:
    assert shorten_to(UNTIL) == 1
    assert noted() == []
