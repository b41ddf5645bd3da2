"""TOK-5: how long a token may live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from reference_tokens.models.lifetime import expiry_in_days, maximum_days, require_allowed_expiry
from trusted_apps.models import TrustedApplication

NOW = datetime(2027, 1, 31, 12, 30, 15, 999_999, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_tok5_the_maximum_is_the_applications_own() -> None:
    assert maximum_days(TrustedApplication(max_lifetime_days=7)) == 7


def test_tok5_without_one_the_maximum_is_the_instances(settings: Settings) -> None:
    settings.MAX_TOKEN_LIFETIME_DAYS = 90
    assert maximum_days(TrustedApplication()) == 90


def test_tok5_the_instance_default_is_366_days() -> None:
    assert maximum_days(TrustedApplication()) == 366


def test_tok5_a_life_in_days_ends_on_a_whole_second() -> None:
    assert expiry_in_days(30, NOW) == datetime(2027, 3, 2, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize("expires_at", [NOW + timedelta(microseconds=1), NOW + timedelta(days=7)])
def test_tok5_an_instant_up_to_the_maximum_is_allowed(expires_at: datetime) -> None:
    require_allowed_expiry(TrustedApplication(max_lifetime_days=7), expires_at, NOW)


@pytest.mark.parametrize("expires_at", [NOW, NOW - SECOND])
def test_tok5_an_instant_that_has_passed_is_refused(expires_at: datetime) -> None:
    with pytest.raises(ValidationError, match="has passed"):
        require_allowed_expiry(TrustedApplication(max_lifetime_days=7), expires_at, NOW)


@pytest.mark.parametrize(("days", "told", "latest"), [(7, "7 days", "2027-02-07"), (1, "1 day", "2027-02-01")])
def test_tok5_an_instant_beyond_the_maximum_is_refused_with_the_latest_one(days: int, told: str, latest: str) -> None:
    application = TrustedApplication(name="Excel", max_lifetime_days=days)
    with pytest.raises(ValidationError) as caught:
        require_allowed_expiry(application, NOW + timedelta(days=days, microseconds=1), NOW)
    message = f"A token of Excel lives {told} at most: choose {latest} 12:30 (UTC) or earlier."
    assert caught.value.messages == [message]


def test_tok5_no_expiry_is_allowed_where_the_application_allows_it() -> None:
    require_allowed_expiry(TrustedApplication(allows_tokens_without_expiry=True), None, NOW)


def test_tok5_no_expiry_is_refused_elsewhere() -> None:
    with pytest.raises(ValidationError, match="does not allow tokens without expiry"):
        require_allowed_expiry(TrustedApplication(name="Excel"), None, NOW)
