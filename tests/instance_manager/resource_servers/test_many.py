"""A Resource Server with many applications: no form and no page depends on everything fitting into it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from reference_tokens.models import ResourceServer
from tests.factories import ResourceServerFactory
from tests.instance_manager.many import MOST_BYTES, names_on, walk
from tests.pages import HTMX, errors_of, form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


SERVERS = "/manage/security/resource-servers/"


def applications_of(server: ResourceServer) -> str:
    return f"{SERVERS}{server.pk}/applications/"


def test_a_server_of_twelve_hundred_applications_is_changed_and_keeps_them_all(
    administrator_client: Client, big_server: ResourceServer
) -> None:
    edit = f"{SERVERS}{big_server.pk}/edit/"
    response = administrator_client.get(edit)
    assert len(response.content) < MOST_BYTES
    assert "1,200 (too many for this form)." in text_of(response)
    assert f'href="{applications_of(big_server)}"' in response.content.decode()
    saved = administrator_client.post(edit, form_of(response) | {"name": ["Billing"], "may_revoke": ["on"]})
    assert saved.status_code == 302
    big_server.refresh_from_db()
    assert (big_server.name, big_server.applications.count()) == ("Billing", 1200)
    assert AuditEvent.objects.get().details == {
        "before": {"name": "Orders", "may_revoke": False},
        "after": {"name": "Billing", "may_revoke": True},
    }


def test_the_page_of_a_server_leads_to_all_of_its_applications(
    administrator_client: Client, big_server: ResourceServer
) -> None:
    content = administrator_client.get(f"{SERVERS}{big_server.pk}/").content.decode()
    assert f'<a href="{applications_of(big_server)}"><bdi>App 0000, App 0001, App 0002 and 1,197 more' in content
    found = walk(administrator_client, applications_of(big_server))
    assert found == [f"App {number:04d}" for number in range(1200)]
    response = administrator_client.get(applications_of(big_server), {"q": "APP0777"})
    assert names_on(response) == ["App 0777"]
    assert "1 application" in text_of(response)
    assert "Nothing matches" in text_of(administrator_client.get(applications_of(big_server), {"q": "nothing"}))


def test_applications_are_searched_for_and_added(administrator_client: Client, big_server: ResourceServer) -> None:
    new = TrustedApplication.objects.create(name="Excel", application_uri="com.example/excel")
    add = f"{applications_of(big_server)}add/"
    sent = form_of(administrator_client.get(applications_of(big_server)), add)
    found = administrator_client.post(add, sent | {"applications_search": ["EXCEL"]})
    assert found.status_code == 200
    assert f'name="applications" value="{new.pk}"' in found.content.decode()
    other = TrustedApplication.objects.get(name="App 0007")
    response = administrator_client.post(add, {"applications": [new.pk, other.pk]}, follow=True)
    assert response.redirect_chain == [(applications_of(big_server), 302)]
    assert "1 application was added." in text_of(response)
    assert big_server.applications.count() == 1201
    event = AuditEvent.objects.get()
    assert event.action == "resource_server:update"
    assert event.details == {
        "before": {"applications": []},
        "after": {"applications": ["com.example/excel"]},
        "unchanged": {"applications": 1200},
    }


def test_adding_what_is_there_changes_and_records_nothing(
    administrator_client: Client, big_server: ResourceServer
) -> None:
    known = TrustedApplication.objects.get(name="App 0007")
    add = f"{applications_of(big_server)}add/"
    assert "0 applications were added." in text_of(
        administrator_client.post(add, {"applications": known.pk}, follow=True)
    )
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"applications": "x"}, {"applications": "00000000-0000-0000-0000-000000000000"}])
def test_what_is_no_application_is_not_added(
    administrator_client: Client, big_server: ResourceServer, sent: dict[str, str]
) -> None:
    response = administrator_client.post(f"{applications_of(big_server)}add/", sent)
    assert response.status_code == 422
    assert len(errors_of(response)) == 1
    assert "1,200 applications" in text_of(response)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_application_is_taken_out_after_a_question(
    administrator_client: Client, big_server: ResourceServer, headers: Any
) -> None:
    application = TrustedApplication.objects.get(name="App 0007")
    address = f"{applications_of(big_server)}{application.pk}/remove/"
    assert address in administrator_client.get(applications_of(big_server)).content.decode()
    words = text_of(administrator_client.get(address, headers=headers))
    assert "Remove App 0007 from Orders?" in words
    for _again in range(2):
        administrator_client.post(address, headers=headers)
        assert ("Orders may no longer ask about App 0007.") in text_of(
            administrator_client.get(applications_of(big_server))
        )
    assert not big_server.applications.filter(pk=application.pk).exists()
    assert AuditEvent.objects.get().details["before"] == {"applications": ["com.example/app0007"]}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_last_application_stays_where_the_server_does_not_ask_about_all(
    administrator_client: Client, application: TrustedApplication, headers: Any
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(application)
    address = f"{applications_of(server)}{application.pk}/remove/"
    administrator_client.post(address, headers=headers)
    assert "It is the only application" in text_of(administrator_client.get(applications_of(server)))
    assert list(server.applications.all()) == [application]
    ResourceServer.objects.update(asks_for_all_applications=True)
    administrator_client.post(address, headers=headers)
    response = administrator_client.get(applications_of(server))
    assert "The list below takes effect when it may no longer ask about all." in text_of(response)
    assert "Add applications that it may ask about." in text_of(response)
    assert list(server.applications.all()) == []
