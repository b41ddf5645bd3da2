"""Changing a Trusted Application in the browser."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from tests.factories import PASSWORD, ApplicationFactory, UserFactory, made_applications
from tests.instance_manager.applications.forms import changed, edit_of, page_of
from tests.pages import CONFIRM_URL, Fields, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import Scope, TrustedApplication

pytestmark = pytest.mark.django_db


def test_the_form_shows_the_application_as_it_is_and_saving_it_changes_nothing(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    before = made_applications().values().get()
    response = changed(administrator_client, application)
    assert (response.status_code, response.headers["Location"]) == (302, page_of(application))
    assert made_applications().values().get() == before
    assert list(application.owners.all()) == [alice]
    assert not AuditEvent.objects.exists()
    assert "The changes to Excel were saved." in text_of(administrator_client.get(page_of(application)))


def test_a_change_is_saved_and_recorded(administrator_client: Client, application: TrustedApplication) -> None:
    changed(administrator_client, application, name=["Excel 2"], is_enabled=[])
    application.refresh_from_db()
    assert (application.name, application.is_enabled) == ("Excel 2", False)
    assert AuditEvent.objects.get().details["after"] == {"name": "Excel 2", "is_enabled": False}


def test_whoever_is_chosen_already_stays_choosable_whatever_they_became(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    User.objects.filter(pk__in=[alice.pk, application.system_user_id]).update(is_active=False)
    assert changed(administrator_client, application, name=["Excel 2"]).status_code == 302
    application.refresh_from_db()
    assert (application.name, list(application.owners.all())) == ("Excel 2", [alice])
    assert application.system_user_id


def test_an_invalid_change_keeps_everything_and_the_heading_of_the_stored_name(
    administrator_client: Client, application: TrustedApplication
) -> None:
    response = changed(administrator_client, application, name=[""], description=["Sheets <i>"], is_enabled=[])
    assert response.status_code == 422
    kept = form_of(response)
    assert (kept["description"], kept.get("is_enabled")) == (["Sheets <i>"], None)
    assert "Excel" in text_of(response)
    application.refresh_from_db()
    assert application.is_enabled


def test_a_uri_of_another_application_is_refused(administrator_client: Client, application: TrustedApplication) -> None:
    other = ApplicationFactory.create()
    response = changed(administrator_client, application, application_uri=[other.application_uri.upper()])
    assert response.status_code == 422
    application.refresh_from_db()
    assert application.application_uri == "com.example/excel"


def test_t46_after_confirming_the_form_is_as_it_was_typed(
    administrator: User, application: TrustedApplication, alice: User
) -> None:
    Scope.objects.create(name="print", description="Print.")
    give_password(administrator)
    sent = form_of(signed_in(administrator).get(edit_of(application))) | {
        "name": ["Łódź & <b>"],
        "scopes": ["print", "read"],
        "owners": [str(alice.pk)],
        "allows_self_rotation": ["on"],
        "is_enabled": [],
    }
    client = signed_in(administrator, confirmed=False)
    asked = client.post(edit_of(application), sent)
    confirmed = client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    shown = form_of(client.get(confirmed.headers["Location"]), edit_of(application))
    unimportant = {"csrfmiddlewaretoken", "next"}
    expected: Fields = {name: values for name, values in sent.items() if values}
    assert {name: shown[name] for name in set(shown) - unimportant} == {
        name: expected[name] for name in set(expected) - unimportant
    }


def test_t46_a_form_that_is_full_comes_back_from_the_confirmation_too(administrator: User) -> None:
    application = ApplicationFactory.create()
    people = [str(UserFactory.create().pk) for _number in range(50)]
    sent = form_of(signed_in(give_password(administrator)).get(edit_of(application))) | {
        "name": ["名" * 100],
        "description": ["😀" * 200],
        "owners": people,
        "is_enabled": [],
    }
    client = signed_in(administrator, confirmed=False)
    asked = client.post(edit_of(application), sent)
    assert len(asked.headers["Location"]) < 4_000
    client.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    shown = form_of(client.get(next_of(asked)), edit_of(application))
    assert (shown["name"], shown["description"]) == (sent["name"], sent["description"])
    assert sorted(shown["owners"]) == sorted(people)
    assert "is_enabled" not in shown


@pytest.mark.parametrize("query", ["x=y", "utm_source=mail", "q=", "name=Word&scopes=print", "name=Word&typed=x"])
def test_a_link_prepares_nothing_that_an_administrator_then_saves(
    administrator_client: Client, application: TrustedApplication, query: str
) -> None:
    plain = form_of(administrator_client.get(edit_of(application)))
    shown = form_of(administrator_client.get(f"{edit_of(application)}?{query}"), edit_of(application))
    assert {name: shown[name] for name in ("name", "is_enabled", "scopes")} == {
        name: plain[name] for name in ("name", "is_enabled", "scopes")
    }


def test_edit1_each_time_of_a_change_opens_its_own_exact_time(
    administrator_client: Client, application: TrustedApplication
) -> None:
    edit = edit_of(application)
    opened = form_of(administrator_client.get(edit))
    both = opened | {"name": ["Tables"], "description": ["Reads tables."]}
    assert administrator_client.post(edit, both).status_code == 302
    told = administrator_client.post(edit, opened | {"description": ["Sheets"]}).content.decode()
    times = re.findall(r'popovertarget="(changed[^"]*)"', told)
    assert len(times) == len(set(times)) == 2
