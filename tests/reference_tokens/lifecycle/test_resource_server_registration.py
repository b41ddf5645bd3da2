"""Registering Resource Servers and changing them (T22)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.concurrency import outcomes, threads, uncommitted
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat
from tests.introspection import introspect, is_active
from tests.reference_tokens.lifecycle.server_registration import actions, create, update
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db


# --- Create ----------------------------------------------------------------------------------------------------------


def test_a_new_server_has_one_secret_which_it_can_ask_with(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    server, secret = create(applications=[application])
    server.plain_secret = secret  # type: ignore[attr-defined]
    assert is_active(client, server, issued_pat(alice, application).plaintext)
    assert not is_active(client, server, issued_pat(alice, ApplicationFactory.create()).plaintext)
    assert server.secrets.get().hint == f"enrs_…{secret[-4:]}"


def test_every_server_has_an_id_and_a_secret_of_its_own() -> None:
    made = [create(name=f"API {number}") for number in range(20)]
    assert len({server.client_id for server, _secret in made}) == 20
    assert len({secret for _server, secret in made}) == 20


@pytest.mark.django_db(transaction=True)
def test_a_name_that_somebody_takes_at_the_same_moment_is_refused() -> None:
    with threads() as start:
        found = outcomes(start, *[create] * 4)
    refused = [outcome for outcome in found if isinstance(outcome, ValidationError)]
    assert len(refused) == 3
    assert ResourceServer.objects.count() == len(actions()) == 1


# --- Update ----------------------------------------------------------------------------------------------------------


def test_aud1_a_change_is_recorded_with_what_was_before_and_after(application: TrustedApplication) -> None:
    server, _secret = create(asks_for_all_applications=True, required_scopes=["read"])
    update(
        server,
        name="Billing API",
        asks_for_all_applications=False,
        applications=[application],
        may_revoke=True,
        shares_profile=False,
        required_scopes=["update", "read"],
    )
    event = AuditEvent.objects.get(action="resource_server:update")
    assert (event.target_type, event.target_id) == ("resource_server", server.client_id)
    assert event.details == {
        "before": {
            "name": "Orders API",
            "applications": [],
            "asks_for_all_applications": True,
            "may_revoke": False,
            "required_scopes": ["read"],
        },
        "after": {
            "name": "Billing API",
            "applications": ["com.example/excel"],
            "asks_for_all_applications": False,
            "may_revoke": True,
            "required_scopes": ["read", "update"],
        },
    }


def test_aud1_what_stays_as_it_is_is_not_recorded(application: TrustedApplication) -> None:
    server, _secret = create(applications=[application])
    update(server, name="Orders API", may_revoke=False)
    assert actions() == ["resource_server:create"]


@pytest.mark.parametrize(
    "values", [{"name": "Taken"}, {"name": ""}, {"name": "a\u202eb"}, {"required_scopes": ["fly"]}]
)
def test_a_bad_change_is_refused_and_nothing_of_it_is_stored(
    server: Any, application: TrustedApplication, values: dict[str, Any]
) -> None:
    ResourceServerFactory.create(name="Taken")
    with pytest.raises(ValidationError):
        update(server, may_revoke=True, applications=[application], **values)
    stored = ResourceServer.objects.get(pk=server.pk)
    assert (stored.name, stored.may_revoke, stored.applications.exists()) == (server.name, False, False)
    assert actions() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_to_a_name_that_somebody_takes_at_the_same_moment_is_refused() -> None:
    one, other = ResourceServerFactory.create_batch(2)
    with threads() as start:
        found = outcomes(start, lambda: update(one, name="Same"), lambda: update(other, name="Same"))
    assert len([outcome for outcome in found if isinstance(outcome, ValidationError)]) == 1
    assert actions() == ["resource_server:update"]


def test_a_scope_that_is_gone_does_not_stand_in_the_way_of_disabling(server: Any) -> None:
    archive = Scope.objects.create(name="archive", description="Archive data.")
    update(server, required_scopes=["archive"])
    archive.delete()
    update(server, is_enabled=False)
    assert authenticate(server.client_id, server.plain_secret) is None


def test_a_server_that_is_gone_cannot_be_changed(server: Any) -> None:
    ResourceServer.objects.all().delete()
    with pytest.raises(ResourceServer.DoesNotExist):
        update(server, applications=[])


@pytest.mark.django_db(transaction=True)
def test_aud1_two_changes_at_once_are_recorded_one_after_the_other(server: Any) -> None:
    with threads() as start, uncommitted(start, lambda: update(server, name="First")):
        later = start(lambda: update(server, name="Second"))
    later.result(20)
    names = [
        (event.details["before"]["name"], event.details["after"]["name"])
        for event in AuditEvent.objects.order_by("seq")
    ]
    assert names == [(server.name, "First"), ("First", "Second")]


def test_t22_a_server_is_refused_from_its_next_question_on_when_it_is_disabled(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert is_active(client, server, plaintext)
    update(server, is_enabled=False)
    assert introspect(client, server, plaintext).status_code == 401
    update(server, is_enabled=True)
    assert is_active(client, server, plaintext)


def test_val3_an_application_that_is_taken_away_is_felt_at_the_next_question(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(application)
    plaintext = issued_pat(alice, application).plaintext
    assert is_active(client, server, plaintext)
    update(server, applications=[ApplicationFactory.create()])
    assert not is_active(client, server, plaintext)
