"""Creating a PAT: what is issued, and what is refused at its field."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, issued_pat
from tests.pages import (
    errors_of,
    form_of,
    secret_of,
    signed_in,
    text_of,
)
from tests.profile_site.token_form import CREATE, NOW, create, filled_in
from trusted_apps.models import Scope, TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_token_is_issued_for_the_person_as_the_form_says(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    response = create(alice_client, application, scopes=["read", "update"], expires=["7"])
    token = ReferenceToken.objects.get()
    assert response.status_code == 200
    assert (token.kind, token.holder, token.issuer, token.application) == ("PAT", alice, alice, application)
    assert (token.description, token.scopes) == ("Laptop", ("read", "update"))


@pytest.mark.parametrize("days", [7, 30, 60, 90, 365])
def test_tok5_each_choice_shows_and_means_its_instant(alice: User, application: TrustedApplication, days: int) -> None:
    with time_machine.travel(NOW, tick=False), timezone.override("Pacific/Auckland"):
        client = signed_in(alice)
        shown = text_of(client.get(CREATE))
        create(client, application, expires=[str(days)])
    token = ReferenceToken.objects.get()
    assert token.expires_at == NOW + timedelta(days=days)
    assert f"{days} days {token.expires_at:%-d %b %Y, %H:%M}" in shown


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize(
    "typed",
    [
        "2026-12-24T18:30",
        # Neither exists on the clocks of New York or Auckland, or each does twice.
        "2027-03-14T02:30",
        "2027-09-26T02:30",
        "2027-11-07T01:30",
        "2027-04-04T02:30",
        "2027-04-04T02:30:15",
    ],
)
def test_t6_an_instant_of_ones_own_means_utc_wherever_one_is(
    alice: User, application: TrustedApplication, settings: Settings, typed: str, zone: str
) -> None:
    settings.TIME_ZONE = zone
    with time_machine.travel(NOW, tick=False), timezone.override(zone):
        response = create(signed_in(alice), application, expires=["custom"], expires_at=[typed])
    assert response.status_code == 200
    assert ReferenceToken.objects.get().expires_at == datetime.fromisoformat(typed).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Enter the date and time when the token expires."),
        ("tomorrow", "Enter a date and a time, like 2027-01-31T12:00."),
        ("2027-02-30T12:00", "Enter a date and a time, like 2027-01-31T12:00."),
        ("\0", "Null characters are not allowed."),
        ("2026-11-23T12:00", "The expiration time has passed: choose a later one."),
        ("0001-01-01T00:00", "The expiration time has passed: choose a later one."),
        ("2027-11-25T00:00", "A token of Excel lives 366 days at most: choose 2027-11-24 12:00 (UTC) or earlier."),
        ("9999-12-31T23:59", "A token of Excel lives 366 days at most: choose 2027-11-24 12:00 (UTC) or earlier."),
    ],
)
def test_an_instant_that_cannot_be_is_refused_at_its_field_and_kept(
    alice: User, application: TrustedApplication, typed: str, message: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        response = create(signed_in(alice), application, expires=["custom"], expires_at=[typed])
    assert response.status_code == 422
    assert 'href="#id_expires_at"' in response.content.decode()
    if typed != "\0":
        assert errors_of(response) == [message]
        assert form_of(response)["expires_at"] == [typed]


@pytest.mark.parametrize("value", ["", "8", "-1", "x", "30 ", "٣٠"])
def test_tok5_an_expiration_that_is_not_offered_is_refused(
    alice_client: Client, application: TrustedApplication, value: str
) -> None:
    response = create(alice_client, application, expires=[value])
    assert response.status_code == 422
    assert errors_of(response) in (["Choose one of the expiration times."], ["Choose when the token expires."])
    assert not ReferenceToken.objects.exists()


def test_tok5_no_expiration_is_offered_only_where_it_is_allowed(
    alice_client: Client, application: TrustedApplication
) -> None:
    allowing = ApplicationFactory.create(name="Forever", allows_tokens_without_expiry=True)
    assert "No expiration" not in text_of(alice_client.get(f"{CREATE}?application={application.pk}"))
    assert "No expiration Not recommended" in text_of(alice_client.get(f"{CREATE}?application={allowing.pk}"))
    response = create(alice_client, application, expires=["never"])
    assert errors_of(response) == ["Excel does not allow tokens without expiry: choose an expiration time."]
    assert create(alice_client, allowing, expires=["never"]).status_code == 200
    assert ReferenceToken.objects.get().expires_at is None


def test_tok5_a_preset_longer_than_the_chosen_application_allows_is_refused_at_the_field(
    alice_client: Client, application: TrustedApplication
) -> None:
    short = ApplicationFactory.create(name="Short", max_lifetime_days=10)
    response = create(alice_client, short, expires=["30"])
    assert response.status_code == 422
    assert errors_of(response)[0].startswith("A token of Short lives 10 days at most")
    assert 'href="#id_expires"' in response.content.decode()


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        ([], "Choose at least one scope."),
        (["delete"], "delete is not a scope of this application."),
        (["read update"], "read update is not a scope of this application."),
    ],
)
def test_tok6_scopes_that_are_not_offered_are_refused(
    alice_client: Client, application: TrustedApplication, scopes: list[str], message: str
) -> None:
    response = create(alice_client, application, scopes=scopes)
    assert (response.status_code, errors_of(response)) == (422, [message])
    assert 'href="#id_scopes"' in response.content.decode()


def test_tok6_the_scopes_are_those_of_the_chosen_application(
    alice_client: Client, application: TrustedApplication
) -> None:
    Scope.objects.create(name="print", description="Print things.")
    ApplicationFactory.create(name="Printer", scopes=("print",))
    words = text_of(alice_client.get(f"{CREATE}?application={application.pk}"))
    assert "read View data." in words
    assert "Print things." not in words
    response = create(alice_client, application, scopes=["print"])
    assert errors_of(response) == ["print is not a scope of this application."]


@pytest.mark.parametrize("description", ["a\u202eb", "a\u200bb", "a\ufeffa", "a\x07", "a\u2028b", "x" * 201, "a\nb"])
def test_t63_a_description_with_invisible_characters_or_too_long_is_refused_at_the_field(
    alice_client: Client, application: TrustedApplication, description: str
) -> None:
    response = create(alice_client, application, description=[description])
    assert response.status_code == 422
    assert 'href="#id_description"' in response.content.decode()
    assert not ReferenceToken.objects.exists()


def test_an_invalid_form_keeps_what_was_typed_and_its_key(
    alice_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(alice_client, application, scopes=["update"], expires=["custom"], description=["<b>Łódź</b>"])
    response = alice_client.post(CREATE, sent)
    assert response.status_code == 422
    kept = form_of(response)
    for name in ("description", "application", "expires", "scopes", "request_key"):
        assert kept[name] == sent[name]
    assert "<b>Łódź" not in response.content.decode()


def test_a_form_without_its_key_issues_a_token_and_can_revoke_none(
    alice_client: Client, application: TrustedApplication
) -> None:
    assert create(alice_client, application, request_key=[""]).status_code == 200
    again = create(alice_client, application, request_key=[""], replaces=["x"])
    assert again.status_code == 200
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


@pytest.mark.parametrize("key", ["x", "\0"])
def test_a_form_whose_key_is_none_is_refused(alice_client: Client, application: TrustedApplication, key: str) -> None:
    assert create(alice_client, application, request_key=[key]).status_code == 422


def test_t15_the_limit_of_tokens_is_said_on_the_form(
    alice: User, alice_client: Client, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    issued_pat(alice, application)
    response = create(alice_client, application)
    assert response.status_code == 422
    assert errors_of(response) == ["alice has 1 token, which is the limit: revoke it first."]


def test_t12_nothing_but_the_fields_of_the_form_counts(
    alice: User, bob: User, administrator: User, alice_client: Client, application: TrustedApplication
) -> None:
    extra: dict[str, Any] = {
        "user": str(bob.pk),
        "holder": str(bob.pk),
        "issuer": str(administrator.pk),
        "kind": "SAT",
        "digest": "00" * 32,
        "hash_key": "x",
        "hint": "enrt_0000…0000",
        "id": str(uuid.uuid4()),
        "issued_at": "2020-01-01T00:00",
        "created_at": "2020-01-01T00:00",
        "last_used_at": "2020-01-01T00:00",
        "is_active": "0",
        "revoked_at": "2020-01-01T00:00",
        "suspended_at": "2020-01-01T00:00",
        "is_administrator": "1",
        "plaintext": "enrt_" + "0" * 64,
    }
    response = create(alice_client, application, **extra)
    token = ReferenceToken.objects.get()
    assert (token.kind, token.holder, token.issuer) == ("PAT", alice, alice)
    assert (token.last_used_at, token.revoked_at, token.suspended_at) == (None, None, None)
    assert timezone.now() - token.issued_at < timedelta(minutes=1)
    assert str(token.pk) != extra["id"]
    assert secret_of(response) != extra["plaintext"]
    alice.refresh_from_db()
    assert not alice.is_administrator
