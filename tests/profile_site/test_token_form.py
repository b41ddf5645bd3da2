"""Creating a PAT: what the form offers, and what its address may fill in."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory
from tests.pages import (
    errors_of,
    form_of,
    text_of,
)
from tests.profile_site.token_form import CREATE, create, options
from trusted_apps.models import AccessTokensPolicy, TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("is_administrator", [False, True])
def test_pol3_the_form_offers_exactly_the_applications_open_to_the_person(
    alice: User, alice_client: Client, is_administrator: bool
) -> None:
    User.objects.update(is_administrator=is_administrator)
    for policy in AccessTokensPolicy:
        ApplicationFactory.create(name=f"{policy}", access_tokens_policy=policy)
        ApplicationFactory.create(name=f"{policy} disabled", access_tokens_policy=policy, disabled=True)
    ApplicationFactory.create(name="Excel")
    response = alice_client.get(CREATE)
    assert {name for name, _uri in options(response)} - {"Excel"} == {"AuthenticatedUsers"} | (
        {"AdministratorsOnly"} if is_administrator else set()
    )


@pytest.mark.parametrize("trait", ["closed", "administrators_only", "disabled"])
def test_pol3_another_application_is_refused_on_submit(
    alice_client: Client, application: TrustedApplication, trait: str
) -> None:
    other = ApplicationFactory.create(**{trait: True})
    response = create(alice_client, application, application=[str(other.pk)])
    assert response.status_code == 422
    assert errors_of(response) == ["Choose one of the listed applications."]
    assert not ReferenceToken.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "\0", "00000000-0000-0000-0000-000000000000", "1", "x" * 5000])
def test_what_is_no_application_is_refused(alice_client: Client, application: TrustedApplication, value: str) -> None:
    response = create(alice_client, application, application=[value])
    assert response.status_code == 422
    assert 'href="#id_application"' in response.content.decode()
    assert not ReferenceToken.objects.exists()


def test_tok5_tok6_thirty_days_and_reading_are_ticked_and_nothing_else(
    alice_client: Client, application: TrustedApplication
) -> None:
    fields = form_of(alice_client.get(CREATE))
    assert (fields["expires"], fields["scopes"], fields["description"]) == (["30"], ["read"], [""])
    assert uuid.UUID(fields["request_key"][0])


def test_each_form_has_a_request_key_of_its_own(alice_client: Client, application: TrustedApplication) -> None:
    keys = {form_of(alice_client.get(CREATE))["request_key"][0] for _time in range(3)}
    assert len(keys) == 3


def test_where_no_application_is_open_the_form_says_who_can_change_that(
    alice_client: Client, administrator_client: Client
) -> None:
    ApplicationFactory.create(closed=True)
    for client in (alice_client, administrator_client):
        response = client.get(CREATE)
        assert "An administrator can change an application's AccessTokens policy." in text_of(response)
        assert "Generate token" not in text_of(response)
    assert "/manage/security/trusted-apps/" not in alice_client.get(CREATE).content.decode()
    assert 'href="/manage/security/trusted-apps/"' in administrator_client.get(CREATE).content.decode()


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("description=My%20laptop", "description", ["My laptop"]),
        ("expires=7", "expires", ["7"]),
        ("expires=custom&expires_at=2027-01-31T12:00", "expires_at", ["2027-01-31T12:00"]),
        ("scopes=update&scopes=read", "scopes", ["read", "update"]),
        ("scopes=read+update", "scopes", ["read", "update"]),
        ("expires=", "expires", ["30"]),
        ("expires=never", "expires", ["30"]),
        ("expires=9999", "expires", ["30"]),
        ("request_key=00000000-0000-0000-0000-000000000000", "description", [""]),
    ],
)
def test_an_address_may_fill_in_the_form(
    alice_client: Client, application: TrustedApplication, query: str, name: str, value: list[str]
) -> None:
    fields = form_of(alice_client.get(f"{CREATE}?{query}"), CREATE)
    assert fields[name] == value
    assert fields["request_key"] != ["00000000-0000-0000-0000-000000000000"]


def test_an_address_may_choose_the_application(alice_client: Client, application: TrustedApplication) -> None:
    assert form_of(alice_client.get(f"{CREATE}?application={application.pk}"), CREATE)["application"] == [
        str(application.pk)
    ]


@pytest.mark.parametrize(
    "query", ["application=%00", "application=x", "expires_at=%00x", "description=%00", "scopes=%00"]
)
def test_an_address_full_of_nonsense_is_shown_without_harm(
    alice_client: Client, application: TrustedApplication, query: str
) -> None:
    assert alice_client.get(f"{CREATE}?{query}").status_code == 200
    assert not ReferenceToken.objects.exists()
