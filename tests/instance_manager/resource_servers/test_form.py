"""Registering a Resource Server and changing it in the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.resource_server_registration import create_resource_server
from reference_tokens.models import ResourceServer
from reference_tokens.validation.callers import authenticate
from tests.factories import ResourceServerFactory
from tests.instance_manager.resource_servers.forms import (
    LIST,
    NEW,
    SECRET,
    confirm,
    edit_of,
    filled_in,
    page_of,
    removal_of,
)
from tests.pages import errors_of, form_of, give_password, secret_of, signed_in, text_of
from tests.stored import everything_stored
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db


# --- Register --------------------------------------------------------------------------------------------------------


def test_the_form_of_a_new_server_is_enabled_and_may_nothing(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.get(NEW)
    fields = form_of(response)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {"name": [""], "is_enabled": ["on"]}
    assert "New Resource Server" in text_of(response)


def test_t22_a_registered_server_shows_its_secret_once_and_it_works(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.post(NEW, filled_in(application, may_revoke="on", required_scopes=["read"]))
    secret, server = secret_of(response), ResourceServer.objects.get()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert SECRET.fullmatch(secret)
    assert response.content.decode().count(secret) == 1
    assert authenticate(server.client_id, secret)
    assert (server.name, server.may_revoke, server.shares_profile) == ("Orders API", True, False)
    assert (server.required_scopes, list(server.applications.all())) == (("read",), [application])


def test_t22_the_secret_is_stored_nowhere_and_shown_nowhere_again(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = administrator_client.post(NEW, filled_in(application))
    secret, server = secret_of(response), ResourceServer.objects.get()
    for address in (LIST, page_of(server), edit_of(server), removal_of(server), "/manage/"):
        assert secret not in administrator_client.get(address).content.decode()
    stored = everything_stored()
    assert server.client_id.encode() in stored
    assert secret.encode() not in stored
    assert secret.removeprefix("enrs_").encode() not in stored
    assert "Secret created" not in str(dict(administrator_client.session))


def test_aud1_the_administrator_stands_in_the_audit_log(
    administrator_client: Client, administrator: User, application: TrustedApplication
) -> None:
    administrator_client.post(NEW, filled_in(application))
    event = AuditEvent.objects.get(action="resource_server:create")
    assert (event.source, event.actor_id) == ("manage", str(administrator.pk))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "Enter a name."),
    "a long name": ({"name": "x" * 101}, "Ensure this value has at most 100 characters (it has 101)."),
    "invisible characters": ({"name": "Orders\u202eAPI"}, "Remove the invisible characters."),
    "a taken name": ({"name": "Taken"}, "Resource Server with this Name already exists."),
    "no application": ({"applications": None}, "Choose its applications, or let it ask about all."),
    "an unknown scope": (
        {"required_scopes": ["fly"]},
        "Select a valid choice. fly is not one of the available choices.",
    ),
    "an odd application": ({"applications": ["x"]}, "“x” is not a valid UUID."),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    administrator_client: Client, application: TrustedApplication, case: str
) -> None:
    changes, message = BAD[case]
    ResourceServerFactory.create(name="Taken")
    sent = filled_in(application, shares_profile="on", **changes)
    response = administrator_client.post(NEW, sent)
    assert response.status_code == 422
    assert message in errors_of(response)
    fields = form_of(response)
    assert fields["name"] == [sent["name"]]
    assert fields["shares_profile"] == ["on"]
    assert ("applications" in fields) == (sent.get("applications") == [str(application.pk)])
    assert ResourceServer.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_a_name_that_is_taken_between_the_check_and_the_saving_is_said(
    administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What another administrator does at the same moment: its row is committed after the form was checked.
    monkeypatch.setattr("reference_tokens.models.ResourceServer.validate_unique", lambda *_args, **_options: None)
    monkeypatch.setattr("reference_tokens.models.ResourceServer.validate_constraints", lambda *_args, **_options: None)
    server = ResourceServerFactory.create(name="Mine")
    ResourceServerFactory.create(name="Taken")
    for address in (NEW, edit_of(server)):
        response = administrator_client.post(address, filled_in(application, name="Taken"))
        assert response.status_code == 422
        assert errors_of(response) == ["Another Resource Server has this name."]


def test_a_server_for_all_applications_needs_none(
    administrator_client: Client, application: TrustedApplication
) -> None:
    sent = filled_in(application, applications=None, asks_for_all_applications="on")
    assert administrator_client.post(NEW, sent).status_code == 200
    assert ResourceServer.objects.get().asks_for_all_applications


# --- Edit ------------------------------------------------------------------------------------------------------------


def test_the_form_of_a_known_server_holds_what_is_stored(
    administrator_client: Client, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(name="Orders API", may_revoke=True, required_scopes=["update"])
    server.applications.add(application)
    fields = form_of(administrator_client.get(edit_of(server)))
    for name in ("csrfmiddlewaretoken", "version"):
        fields.pop(name)
    assert fields == {
        "name": ["Orders API"],
        "asks_for_all_applications": ["on"],
        "applications": [str(application.pk)],
        "may_revoke": ["on"],
        "required_scopes": ["update"],
        "is_enabled": ["on"],
    }


def test_a_form_that_is_sent_back_unchanged_changes_nothing(
    administrator_client: Client, application: TrustedApplication
) -> None:
    server = ResourceServerFactory.create(required_scopes=["read"], shares_profile=True)
    server.applications.add(application)
    response = administrator_client.post(edit_of(server), form_of(administrator_client.get(edit_of(server))))
    assert response["Location"] == page_of(server)
    assert not AuditEvent.objects.exists()


def test_t22_a_change_is_saved_recorded_and_felt_at_once(
    administrator_client: Client, server: Any, application: TrustedApplication
) -> None:
    assert authenticate(server.client_id, server.plain_secret)
    sent = filled_in(application, name="Billing API", is_enabled=None)
    response = administrator_client.post(edit_of(server), sent, follow=True)
    assert response.redirect_chain == [(page_of(server), 302)]
    assert "The changes to Billing API were saved." in text_of(response)
    assert authenticate(server.client_id, server.plain_secret) is None
    event = AuditEvent.objects.get()
    assert event.action == "resource_server:update"
    assert event.details["after"] == {
        "name": "Billing API",
        "is_enabled": False,
        "applications": ["com.example/excel"],
        "asks_for_all_applications": False,
    }


@pytest.mark.parametrize("case", BAD)
def test_a_bad_change_is_said_and_nothing_is_stored(
    administrator_client: Client, server: Any, application: TrustedApplication, case: str
) -> None:
    changes, message = BAD[case]
    ResourceServerFactory.create(name="Taken")
    response = administrator_client.post(edit_of(server), filled_in(application, **changes))
    assert response.status_code == 422
    assert message in errors_of(response)
    # The page still calls it by the name it has.
    assert f"</svg><bdi>{server.name}</bdi></a>" in re.sub(r"\s*\n\s*", "", response.content.decode())
    stored = ResourceServer.objects.get(pk=server.pk)
    assert (stored.name, stored.asks_for_all_applications) == (server.name, True)


def test_a_required_scope_that_is_gone_is_not_dropped_unseen(
    administrator_client: Client, application: TrustedApplication
) -> None:
    archive = Scope.objects.create(name="archive", description="Archive data.")
    server = ResourceServerFactory.create(required_scopes=["archive"])
    archive.delete()
    fields = form_of(administrator_client.get(edit_of(server)))
    assert fields["required_scopes"] == ["archive"]
    response = administrator_client.post(edit_of(server), fields)
    assert (response.status_code, errors_of(response)) == (422, ["Unknown scope: archive."])
    del fields["required_scopes"]
    assert administrator_client.post(edit_of(server), fields).status_code == 302
    assert ResourceServer.objects.get().required_scopes == ()


# --- Confirming who it is (PEO-3) ------------------------------------------------------------------------------------


@pytest.fixture
def unconfirmed(administrator: User) -> Client:
    """The administrator, who signed in 16 minutes ago."""
    return signed_in(give_password(administrator), confirmed=False)


@pytest.mark.parametrize("is_new", [True, False])
def test_peo3_what_was_typed_stands_there_again_after_confirming(
    unconfirmed: Client, server: Any, application: TrustedApplication, is_new: bool
) -> None:
    address = NEW if is_new else edit_of(server)
    sent = filled_in(application, name="Ä & <b>", may_revoke="on", required_scopes=["read", "update"], is_enabled=None)
    response = confirm(unconfirmed, unconfirmed.post(address, sent))
    fields = form_of(response)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {
        "name": ["Ä & <b>"],
        "applications": [str(application.pk)],
        "may_revoke": ["on"],
        "required_scopes": ["read", "update"],
    }
    assert ResourceServer.objects.get() == server
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("query", ["utm_source=x", "is_enabled=", "x=1&may_revoke=on"])
def test_an_address_that_carries_no_form_shows_what_is_stored(
    administrator_client: Client, server: Any, query: str
) -> None:
    plain = form_of(administrator_client.get(edit_of(server)))
    odd = form_of(administrator_client.get(f"{edit_of(server)}?{query}"))
    assert {**odd, "csrfmiddlewaretoken": []} == {**plain, "csrfmiddlewaretoken": []}


def test_the_command_and_the_page_register_alike(administrator_client: Client, application: TrustedApplication) -> None:
    create_resource_server(actor=OPERATOR, now=timezone.now(), name="By command", applications=[application])
    administrator_client.post(NEW, filled_in(application, name="By page"))
    one, other = (event.details["after"] for event in AuditEvent.objects.order_by("seq"))
    assert one | {"name": ""} == other | {"name": ""}
