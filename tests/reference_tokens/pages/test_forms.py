"""The form that issues a token, where no page can show it: choices per application, and what an address may say."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from reference_tokens.pages.forms import TokenForm
from tests.factories import ApplicationFactory
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, 0, 30, 999, tzinfo=UTC)


def form(*applications: TrustedApplication, data: dict[str, Any] | None = None, time_zone: str = "UTC") -> TokenForm:
    return TokenForm(data, applications=applications, now=NOW, time_zone=time_zone)


def test_each_choice_names_the_applications_that_allow_it() -> None:
    short = ApplicationFactory.create(max_lifetime_days=7)
    forever = ApplicationFactory.create(allows_tokens_without_expiry=True)
    allowed = {choice.value: choice.applications for choice in form(short, forever).expiry_choices}
    assert allowed["7"] == allowed["custom"] == [str(short.pk), str(forever.pk)]
    assert allowed["30"] == allowed["365"] == allowed["never"] == [str(forever.pk)]
    names = {choice.value: choice.allowed_by for choice in form(short, forever).expiry_choices}
    assert (names["7"], names["30"]) == ("", forever.name)


def test_each_scope_names_the_applications_that_offer_it() -> None:
    Scope.objects.create(name="print", description="Print things.")
    one, other = ApplicationFactory.create(scopes=("read", "print")), ApplicationFactory.create(scopes=("read",))
    found = {
        scope.name: (scope.applications, scope.offered_by, scope.checked) for scope in form(one, other).scope_choices
    }
    assert found == {
        "print": ([str(one.pk)], one.name, False),
        "read": ([str(one.pk), str(other.pk)], "", True),
    }


def test_a_scope_that_no_longer_exists_is_not_offered() -> None:
    assert [scope.name for scope in form(ApplicationFactory.create(scopes=("gone", "read"))).scope_choices] == ["read"]


def test_a_choice_says_its_instant_in_utc_to_the_minute() -> None:
    texts = {choice.value: choice.instant_text for choice in form(ApplicationFactory.create()).expiry_choices}
    assert (texts["7"], texts["365"]) == ("30 Nov 2026, 12:00", "23 Nov 2027, 12:00")
    assert (texts["custom"], texts.get("never")) == ("Pick date and time", None)


def test_a_maximum_beyond_the_instances_own_is_the_applications() -> None:
    application = ApplicationFactory.create(max_lifetime_days=1000)
    data = {"expires": "custom", "expires_at": "2029-01-01T00:00", "scopes": ["read"], "request_key": str(uuid.uuid4())}
    sent = form(application, data=data)
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

    assert local("2027-01-31T12:00", "Pacific/Auckland") == "1 Feb 2027, 01:00 NZDT"
    assert local("2027-01-31T12:00", "UTC") == local("", "Pacific/Auckland") == local("soon", "Pacific/Auckland") == ""
