"""Registering a Trusted Application in the browser (POL-1)."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from tests.concurrency import is_waiting, threads, uncommitted
from tests.factories import ApplicationFactory, UserFactory, made_applications
from tests.instance_manager.applications.forms import NEW, edit_of, page_of, registered
from tests.pages import errors_of, form_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_what_is_missing_is_named(administrator_client: Client) -> None:
    response = registered(administrator_client, name=[""], application_uri=[""])
    assert response.status_code == 422
    assert errors_of(response) == ["Enter a name.", "Enter the application URI."]
    response = registered(administrator_client, name=["a\u200bb"], description=["a\u200bb"])
    assert errors_of(response) == [
        "Name: Remove the invisible characters.",
        "Description: Remove the invisible characters.",
    ]


def test_an_application_has_a_scope_from_the_start(administrator_client: Client) -> None:
    response = registered(administrator_client, scopes=[])
    assert (response.status_code, form_of(response).get("scopes")) == (422, None)
    assert errors_of(response) == ["Choose at least one scope: without one no token can be issued for it."]
    assert not made_applications().exists()


def test_pol1_a_new_application_is_enabled_and_closed_unless_said_otherwise(
    administrator: User, administrator_client: Client
) -> None:
    response = registered(administrator_client)
    application = made_applications().get()
    assert (response.status_code, response.headers["Location"]) == (302, page_of(application))
    assert (application.is_enabled, application.access_tokens_policy, application.scopes) == (True, "None", ("read",))
    assert "Word was registered." in text_of(administrator_client.get(page_of(application)))
    event = AuditEvent.objects.get(action="application:create")
    assert (event.actor_id, event.source, event.address) == (str(administrator.pk), "manage", "127.0.0.1")


def test_every_field_is_kept(administrator_client: Client, alice: User) -> None:
    system_user = UserFactory.create(system=True)
    response = registered(
        administrator_client,
        description="Letters",
        access_tokens_policy="AdministratorsOnly",
        scopes=["update", "read"],
        system_user=str(system_user.pk),
        owners=[str(alice.pk)],
        max_lifetime_days="30",
        allows_tokens_without_expiry="on",
        allows_self_rotation="on",
    )
    assert response.status_code == 302
    application = made_applications().get()
    assert (application.scopes, application.system_user) == (("read", "update"), system_user)
    assert (application.access_tokens_policy, application.max_lifetime_days) == ("AdministratorsOnly", 30)
    assert (application.allows_tokens_without_expiry, application.allows_self_rotation) == (True, True)
    assert list(application.owners.all()) == [alice]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\u202eb"),
        ("name", "a\0b"),
        ("application_uri", ""),
        ("application_uri", "a b"),
        ("application_uri", "x" * 201),
        ("description", "x" * 201),
        ("access_tokens_policy", ""),
        ("access_tokens_policy", "Everybody"),
        ("scopes", "delete"),
        ("system_user", "00000000-0000-0000-0000-000000000000"),
        ("system_user", "x"),
        ("owners", "00000000-0000-0000-0000-000000000000"),
        ("owners", "x"),
        ("max_lifetime_days", "0"),
        ("max_lifetime_days", "36501"),
        ("max_lifetime_days", "x"),
    ],
)
def test_what_is_invalid_is_said_at_its_field_and_everything_typed_is_kept(
    administrator_client: Client, field: str, value: str
) -> None:
    typed = {"name": "<i>Word", "application_uri": "com.example/word", "description": "Letters", "scopes": "read"}
    response = registered(administrator_client, **{name: [text] for name, text in (typed | {field: value}).items()})
    assert response.status_code == 422
    assert f'href="#id_{field}' in response.content.decode()
    kept = form_of(response)
    assert {name: kept[name] for name in typed if name != field} == {
        name: [text] for name, text in typed.items() if name != field
    }
    assert "<i>Word" not in response.content.decode()
    assert not made_applications().exists()


@pytest.mark.parametrize("uri", ["com.example/excel", "COM.example/Excel"])
def test_a_uri_that_is_taken_in_any_case_is_refused(
    administrator_client: Client, application: TrustedApplication, uri: str
) -> None:
    response = registered(administrator_client, application_uri=[uri])
    assert response.status_code == 422
    assert made_applications().count() == 1


def test_only_active_people_and_system_users_can_be_chosen(administrator_client: Client, alice: User) -> None:
    system_user, gone = UserFactory.create(system=True), UserFactory.create(system=True, inactive=True)
    left = UserFactory.create(inactive=True, name="")
    content = administrator_client.get(NEW).content.decode()
    assert f'<input type="checkbox" name="owners" value="{alice.pk}"><bdi>Alice (alice)</bdi>' in content
    assert f'<input type="radio" name="system_user" value="{system_user.pk}">' in content
    assert str(gone.pk) not in content
    assert str(left.pk) not in content
    assert registered(administrator_client, system_user=[str(alice.pk)]).status_code == 422
    assert registered(administrator_client, owners=[str(system_user.pk)]).status_code == 422


def test_t12_nothing_but_the_fields_of_the_form_counts(administrator_client: Client) -> None:
    chosen = str(uuid.uuid4())
    registered(administrator_client, id=[chosen], created_at=["2020-01-01"], tokens=["x"])
    application = made_applications().get()
    assert str(application.pk) != chosen
    assert application.created_at.year > 2020


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_uri_that_somebody_takes_at_the_same_moment_is_422_and_no_server_error(
    administrator: User, application: TrustedApplication, is_new: bool
) -> None:
    client = signed_in(administrator)
    address = NEW if is_new else edit_of(application)
    fields = form_of(client.get(address)) | {"name": ["Word"], "application_uri": ["com.example/word"]}
    with threads() as start:
        with uncommitted(start, lambda: ApplicationFactory.create(application_uri="com.example/WORD")):
            answer = start(lambda: client.post(address, fields))
            assert is_waiting(answer)
        response = answer.result(20)
    assert response.status_code == 422
    assert errors_of(response) == ["Another Trusted Application has this URI."]
    assert form_of(response)["name"] == ["Word"]
