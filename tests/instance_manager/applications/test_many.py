"""An application with many owners: no form and no page depends on everything fitting into it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ResourceServer
from tests.factories import UserFactory
from tests.instance_manager.many import MOST_BYTES, many_groups, names_on, walk
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


SERVERS = "/manage/security/resource-servers/"
APPLICATIONS = "/manage/security/trusted-apps/"
USERS = "/manage/security/users/"


def owners_of(application: TrustedApplication) -> str:
    return f"{APPLICATIONS}{application.pk}/owners/"


def test_edit1_what_changed_meanwhile_is_said_in_few_words(
    administrator_client: Client, big_server: ResourceServer, owned_by_many: TrustedApplication, alice: User
) -> None:
    alice.groups.set(many_groups(1200))
    edits = [f"{SERVERS}{big_server.pk}/edit/", f"{APPLICATIONS}{owned_by_many.pk}/edit/", f"{USERS}{alice.pk}/edit/"]
    opened = [form_of(administrator_client.get(edit)) for edit in edits]
    big_server.applications.remove(TrustedApplication.objects.get(name="App 0000"))
    owned_by_many.owners.remove(User.objects.get(username="person0000"))
    alice.groups.remove(Group.objects.get(name="Group 0000"))
    for edit, sent in zip(edits, opened, strict=True):
        response = administrator_client.post(edit, sent | {"name": ["Other"]})
        assert response.status_code == 409
        assert re.search(r"0010\S* and 1,189 more", text_of(response))
        assert len(response.content) < MOST_BYTES


def test_an_application_of_twelve_hundred_owners_is_changed_and_keeps_them_all(
    administrator_client: Client, owned_by_many: TrustedApplication
) -> None:
    edit = f"{APPLICATIONS}{owned_by_many.pk}/edit/"
    response = administrator_client.get(edit)
    assert len(response.content) < MOST_BYTES
    assert "1,200 (too many for this form)." in text_of(response)
    assert administrator_client.post(edit, form_of(response) | {"name": ["Word"]}).status_code == 302
    owned_by_many.refresh_from_db()
    assert (owned_by_many.name, owned_by_many.owners.count()) == ("Word", 1200)
    assert AuditEvent.objects.get().details["after"] == {"name": "Word"}


def test_the_page_of_an_application_names_ten_owners_and_leads_to_all(
    administrator_client: Client, owned_by_many: TrustedApplication
) -> None:
    response = administrator_client.get(f"{APPLICATIONS}{owned_by_many.pk}/")
    assert len(response.content) < MOST_BYTES
    assert "Person 0009 (person0009), and 1,190 more" in text_of(response)
    assert f'<a href="{owners_of(owned_by_many)}">and 1,190 more</a>' in response.content.decode()
    found = walk(administrator_client, owners_of(owned_by_many))
    assert found == [f"Person {number:04d}" for number in range(1200)]
    assert names_on(administrator_client.get(owners_of(owned_by_many), {"q": "PERSON0777"})) == ["Person 0777"]


def test_owners_are_added_and_taken_out(
    administrator_client: Client, owned_by_many: TrustedApplication, alice: User
) -> None:
    address = owners_of(owned_by_many)
    found = administrator_client.post(f"{address}add/", {"owners_search": "alice"})
    assert f'name="owners" value="{alice.pk}"' in found.content.decode()
    assert administrator_client.post(f"{address}add/", {}).status_code == 422
    for _again in range(2):
        response = administrator_client.post(f"{address}add/", {"owners": alice.pk}, follow=True)
        assert "The owners were added." in text_of(response)
    assert owned_by_many.owners.count() == 1201
    removal = f"{address}{alice.pk}/remove/"
    assert "Remove Alice (alice) from the owners of Excel?" in text_of(administrator_client.get(removal))
    for _again in range(2):
        assert ("Alice (alice) is no longer an owner of Excel.") in text_of(
            administrator_client.post(removal, follow=True)
        )
    assert not owned_by_many.owners.filter(pk=alice.pk).exists()
    added, removed = AuditEvent.objects.order_by("seq")
    assert added.details == {
        "before": {"owners": []},
        "after": {"owners": [str(alice.pk)]},
        "unchanged": {"owners": 1200},
    }
    assert removed.details["before"] == {"owners": [str(alice.pk)]}


def test_who_is_inactive_or_no_person_becomes_no_owner(
    administrator_client: Client, application: TrustedApplication
) -> None:
    for user in (UserFactory.create(inactive=True), UserFactory.create(system=True)):
        response = administrator_client.post(f"{owners_of(application)}add/", {"owners": user.pk})
        assert response.status_code == 422
    assert "Add people who are notified about it." in text_of(response)
