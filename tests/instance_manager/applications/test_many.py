"""What belongs to something, however much it is: no form and no page depends on everything fitting in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ResourceServer
from tests.factories import ResourceServerFactory, UserFactory
from tests.pages import HTMX, errors_of, form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

SERVERS = "/manage/security/resource-servers/"
APPLICATIONS = "/manage/security/trusted-apps/"
USERS = "/manage/security/users/"
GROUPS = "/manage/security/groups/"
MOST_BYTES = 48 * 1024


def many_people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(username=f"person{number:04d}", name=f"Person {number:04d}", password="!") for number in range(count)
    )


def many_applications(count: int, **columns: Any) -> list[TrustedApplication]:
    return TrustedApplication.objects.bulk_create(
        TrustedApplication(name=f"App {number:04d}", application_uri=f"com.example/app{number:04d}", **columns)
        for number in range(count)
    )


def many_groups(count: int) -> list[Group]:
    return Group.objects.bulk_create(Group(name=f"Group {number:04d}") for number in range(count))


@pytest.fixture
def big_server() -> ResourceServer:
    """A Resource Server with more applications than a request may have fields."""
    server = ResourceServerFactory.create(name="Orders", asks_for_all_applications=False)
    server.applications.set(many_applications(1200))
    return server


@pytest.fixture
def owned_by_many(application: TrustedApplication) -> TrustedApplication:
    application.owners.set(many_people(1200))
    return application


def applications_of(server: ResourceServer) -> str:
    return f"{SERVERS}{server.pk}/applications/"


def owners_of(application: TrustedApplication) -> str:
    return f"{APPLICATIONS}{application.pk}/owners/"


def names_on(response: Any) -> list[str]:
    return re.findall(r'class="token-name" [^>]*><bdi>(.*?)</bdi>', response.content.decode())


def walk(client: Client, address: str) -> list[str]:
    """The names on every page of a list."""
    found, query = [], "?"
    while query:
        response = client.get(address + query)
        assert len(response.content) < 2 * MOST_BYTES
        found += names_on(response)
        following = re.search(r'href="([^"]*)" rel="next"', response.content.decode())
        query = following[1].replace("&amp;", "&") if following else ""
    return found


# --- The applications of a Resource Server ---------------------------------------------------------------------------


def test_a_server_of_twelve_hundred_applications_is_changed_and_keeps_them_all(
    administrator_client: Client, big_server: ResourceServer
) -> None:
    edit = f"{SERVERS}{big_server.pk}/edit/"
    response = administrator_client.get(edit)
    assert len(response.content) < MOST_BYTES
    assert "1,200, too many for this form." in text_of(response)
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
    assert "Take App 0007 from Orders?" in words
    for _again in range(2):
        administrator_client.post(address, headers=headers)
        assert "Orders may not ask about App 0007." in text_of(administrator_client.get(applications_of(big_server)))
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
    assert "Those below count once that is taken from it." in text_of(response)
    assert "Add those whose tokens it may ask about." in text_of(response)
    assert list(server.applications.all()) == []


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


# --- The owners of an application ------------------------------------------------------------------------------------


def test_an_application_of_twelve_hundred_owners_is_changed_and_keeps_them_all(
    administrator_client: Client, owned_by_many: TrustedApplication
) -> None:
    edit = f"{APPLICATIONS}{owned_by_many.pk}/edit/"
    response = administrator_client.get(edit)
    assert len(response.content) < MOST_BYTES
    assert "1,200, too many for this form." in text_of(response)
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
    assert "Take Alice (alice) from the owners of Excel?" in text_of(administrator_client.get(removal))
    for _again in range(2):
        assert "Alice (alice) is no owner of Excel." in text_of(administrator_client.post(removal, follow=True))
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
    assert "Add the people who are to be told about it." in text_of(response)


# --- The groups of a user --------------------------------------------------------------------------------------------


def test_a_user_of_twelve_hundred_groups_is_changed_and_keeps_them_all(
    administrator_client: Client, alice: User
) -> None:
    alice.groups.set(many_groups(1200))
    edit = f"{USERS}{alice.pk}/edit/"
    response = administrator_client.get(edit)
    assert len(response.content) < MOST_BYTES
    assert f'href="{GROUPS}?member={alice.pk}"' in response.content.decode()
    assert administrator_client.post(edit, form_of(response) | {"name": ["Al"]}).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.groups.count()) == ("Al", 1200)


def test_the_page_of_a_user_names_ten_of_each_and_leads_to_the_others(
    administrator_client: Client, alice: User
) -> None:
    alice.groups.set(many_groups(1200))
    for application in many_applications(60):
        application.owners.add(alice)
    response = administrator_client.get(f"{USERS}{alice.pk}/")
    assert len(response.content) < MOST_BYTES
    assert "Group 0009, and 1,190 more" in text_of(response)
    assert "App 0009, and 50 more" in text_of(response)
    owned = f"{APPLICATIONS}?owner={alice.pk}"
    assert f'<a href="{owned}">and 50 more</a>' in response.content.decode()
    many_mine = walk_query(administrator_client, GROUPS, f"?member={alice.pk}")
    assert many_mine == [f"Group {number:04d}" for number in range(1200)]
    assert len(walk_query(administrator_client, APPLICATIONS, f"?owner={alice.pk}")) == 60


def walk_query(client: Client, address: str, query: str) -> list[str]:
    """The names on every page of a list that starts with this query, and keeps it."""
    found, kept = [], query
    while query:
        assert query.startswith(kept)
        response = client.get(address + query)
        found += names_on(response)
        following = re.search(r'href="([^"]*)" rel="next"', response.content.decode())
        query = following[1].replace("&amp;", "&") if following else ""
    return found


def test_a_list_of_somebody_says_whose_and_a_search_in_it_stays_theirs(
    administrator_client: Client, alice: User, bob: User
) -> None:
    robot = UserFactory.create(system=True, username="robot", name="Robot")
    mine, *others = many_groups(60)
    alice.groups.add(mine)
    bob.groups.set(others)
    first, second, *_rest = many_applications(60, system_user=robot)
    first.owners.add(alice)
    second.owners.add(bob)
    response = administrator_client.get(f"{GROUPS}?member={alice.pk}")
    assert "Groups of Alice (alice), 1 group" in text_of(response)
    assert form_of(response)["member"] == [str(alice.pk)]
    assert names_on(administrator_client.get(f"{GROUPS}?member={alice.pk}&q=group")) == ["Group 0000"]
    response = administrator_client.get(f"{APPLICATIONS}?owner={alice.pk}")
    assert "Owned by Alice (alice), 1 application" in text_of(response)
    response = administrator_client.get(f"{APPLICATIONS}?system_user={robot.pk}")
    assert "Used by Robot (robot), 60 applications" in text_of(response)
    assert names_on(administrator_client.get(f"{APPLICATIONS}?system_user={robot.pk}&owner={bob.pk}")) == ["App 0001"]
    assert "60 groups" in text_of(administrator_client.get(f"{GROUPS}?member=x"))


# --- Groups ----------------------------------------------------------------------------------------------------------


def test_the_members_of_a_group_are_searched(administrator_client: Client) -> None:
    [group] = many_groups(1)
    group.users.set(many_people(50))
    address = f"{GROUPS}{group.pk}/"
    assert 'name="q"' not in administrator_client.get(address).content.decode()
    group.users.add(UserFactory.create(username="zoe", name="Zoë", email="zoe@example.com"))
    UserFactory.create(username="zora")
    assert 'name="q"' in administrator_client.get(address).content.decode()
    for words in ("zoë", "ZOE@", "zoe"):
        response = administrator_client.get(address, {"q": words})
        assert names_on(response) == ["Zoë"]
        assert "Clear filters" in text_of(response)
    assert "No user matches" in text_of(administrator_client.get(address, {"q": "zora"}))
    assert administrator_client.get(address, {"q": "enrt_" + "A" * 64}).status_code == 302


def test_deleting_a_group_records_all_of_its_members_in_entries_that_stay_small(administrator_client: Client) -> None:
    [group] = many_groups(1)
    people = many_people(1200)
    group.users.set(people)
    administrator_client.post(f"{GROUPS}{group.pk}/delete/")
    events = list(AuditEvent.objects.order_by("seq"))
    assert [event.action for event in events] == ["group:remove_members"] * 11 + ["group:delete"]
    recorded = [member for event in events for member in event.details["members"]]
    assert recorded == sorted(str(person.pk) for person in people)
    assert max(len(json.dumps(event.details)) for event in events) < 8 * 1024
