"""The form that issues a token, where no page can show it: choices per application, and what an address may say."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from reference_tokens.pages.issuing.forms import TokenForm
from tests.factories import ApplicationFactory
from trusted_apps.models import Scope, TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2026, 11, 23, 12, 0, 30, 999, tzinfo=UTC)


def form(application: TrustedApplication, data: dict[str, Any] | None = None, time_zone: str = "UTC") -> TokenForm:
    return TokenForm(data, application=application, now=NOW, time_zone=time_zone)


def test_only_what_the_application_allows_is_offered() -> None:
    Scope.objects.create(name="print", description="Print things.")
    short = form(ApplicationFactory.create(max_lifetime_days=7, scopes=("read", "print")))
    assert [choice.value for choice in short.expiry_choices] == ["7", "custom"]
    assert [(scope.name, scope.checked) for scope in short.scope_choices] == [("print", False), ("read", True)]
    forever = form(ApplicationFactory.create(allows_tokens_without_expiry=True, scopes=("update",)))
    assert [choice.value for choice in forever.expiry_choices] == ["7", "30", "60", "90", "365", "custom", "never"]
    assert [scope.name for scope in forever.scope_choices] == ["update"]


def test_a_choice_says_how_long_the_token_lives_in_the_sentence_before_the_button() -> None:
    shown = form(ApplicationFactory.create(allows_tokens_without_expiry=True), time_zone="Pacific/Auckland")
    said = {choice.value: choice.summary for choice in shown.expiry_choices}
    assert said["7"] == "until 30 Nov 2026, 12:00 UTC (1 Dec 2026, 01:00 Pacific/Auckland)"
    assert (said["custom"], said["never"]) == ("", "without expiration")


@pytest.mark.parametrize(("count", "are_many"), [(6, False), (7, True)])
def test_more_than_six_scopes_have_a_filter(count: int, are_many: bool) -> None:
    names = [f"scope{number}" for number in range(count)]
    Scope.objects.bulk_create(Scope(name=name, description="Do something.") for name in names)
    assert form(ApplicationFactory.create(scopes=tuple(names))).has_many_scopes is are_many


def test_a_scope_that_no_longer_exists_is_not_offered() -> None:
    assert [scope.name for scope in form(ApplicationFactory.create(scopes=("gone", "read"))).scope_choices] == ["read"]


def test_a_choice_says_its_instant_in_utc_to_the_minute() -> None:
    texts = {choice.value: choice.instant_text for choice in form(ApplicationFactory.create()).expiry_choices}
    assert (texts["7"], texts["365"]) == ("30 Nov 2026, 12:00", "23 Nov 2027, 12:00")
    assert (texts["custom"], texts.get("never")) == ("Date and time", None)


def test_a_maximum_beyond_the_instances_own_is_the_applications() -> None:
    application = ApplicationFactory.create(max_lifetime_days=1000)
    data = {"expires": "custom", "expires_at": "2029-01-01T00:00", "scopes": ["read"], "request_key": str(uuid.uuid4())}
    sent = form(application, data)
    assert sent.is_valid()
    assert sent.token_request().expires_at == datetime(2029, 1, 1, tzinfo=UTC)


def test_an_instant_beside_a_preset_does_not_count() -> None:
    data = {"expires": "7", "expires_at": "2027-01-01T00:00", "scopes": ["read"], "request_key": str(uuid.uuid4())}
    sent = form(ApplicationFactory.create(), data=data)
    assert sent.is_valid()
    assert sent.token_request().expires_at == datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)


def test_tok5_the_custom_instant_stands_in_local_time_too_after_it_was_sent() -> None:
    def local(expires_at: str, time_zone: str) -> str:
        data = {"expires": "custom", "expires_at": expires_at, "request_key": "", "scopes": []}
        return form(ApplicationFactory.create(), data=data, time_zone=time_zone).local_expiry

    assert local("2027-01-31T12:00", "Pacific/Auckland") == "1 Feb 2027, 01:00 Pacific/Auckland"
    assert local("2027-01-31T12:00", "UTC") == local("", "Pacific/Auckland") == local("soon", "Pacific/Auckland") == ""
