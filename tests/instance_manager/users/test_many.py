"""A user of many groups and applications, and a group of many members."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from tests.factories import UserFactory
from tests.instance_manager.many import MOST_BYTES, many_applications, many_groups, many_people, names_on
from tests.pages import form_of, text_of

pytestmark = pytest.mark.django_db


APPLICATIONS = "/manage/security/trusted-apps/"
USERS = "/manage/security/users/"
GROUPS = "/manage/security/groups/"


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
