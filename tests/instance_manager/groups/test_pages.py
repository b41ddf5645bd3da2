"""Groups in the Instance Manager, and how they reach the APIs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from tests.factories import ResourceServerFactory, UserFactory, issued_pat, issued_sat
from tests.introspection import Statements, introspect
from tests.pages import HTMX, errors_of, form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/groups/"


@pytest.fixture
def group() -> Group:
    return Group.objects.create(name="Data")


def page_of(group: Group) -> str:
    return f"{LIST}{group.pk}/"


def test_without_groups_the_page_says_what_they_are_for(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(LIST))
    assert "No groups yet" in words
    assert "Create group" in words


def test_the_list_counts_members_but_not_the_deleted(
    alice: User, bob: User, group: Group, administrator_client: Client
) -> None:
    Group.objects.create(name="Analysis")
    for user in (alice, bob, UserFactory.create(system=True)):
        user.groups.add(group)
    User.objects.filter(pk=bob.pk).update(deleted_at=timezone.now())
    words = text_of(administrator_client.get(LIST))
    assert "2 groups" in words
    assert "Analysis 0 Data 2" in words
    assert f'<a class="nav-item" href="{LIST}" aria-current="page">' in administrator_client.get(LIST).content.decode()


def test_the_list_costs_the_same_however_many_groups(administrator_client: Client) -> None:
    def queries() -> int:
        with Statements() as statements:
            administrator_client.get(LIST)
        return len(statements.sql)

    before = queries()
    for number in range(10):
        UserFactory.create().groups.add(Group.objects.create(name=f"G{number}"))
    assert queries() == before


def test_a_group_is_created(administrator_client: Client) -> None:
    sent = form_of(administrator_client.get(f"{LIST}new/")) | {"name": ["Data"]}
    response = administrator_client.post(f"{LIST}new/", sent, follow=True)
    assert "The group Data was created." in text_of(response)
    assert "Nobody is in this group" in text_of(response)
    again = administrator_client.post(f"{LIST}new/", sent)
    assert again.status_code == 422
    assert len(errors_of(again)) == 1


def test_a_group_is_renamed(group: Group, administrator_client: Client) -> None:
    sent = form_of(administrator_client.get(f"{page_of(group)}edit/"))
    assert sent["name"] == ["Data"]
    response = administrator_client.post(f"{page_of(group)}edit/", sent | {"name": ["Analysis"]}, follow=True)
    assert "The group was renamed to Analysis." in text_of(response)
    assert administrator_client.post(f"{page_of(group)}edit/", {"name": "a\u202eb"}).status_code == 422


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_group_is_deleted_after_a_question_that_counts(
    alice: User, group: Group, administrator_client: Client, headers: Any
) -> None:
    alice.groups.add(group)
    words = text_of(administrator_client.get(f"{page_of(group)}delete/", headers=headers))
    assert "Delete the group Data?" in words
    assert "1 user is a member. The user is not deleted." in words
    administrator_client.post(f"{page_of(group)}delete/", headers=headers)
    assert "The group Data was deleted." in text_of(administrator_client.get(LIST))
    assert administrator_client.post(f"{page_of(group)}delete/").status_code == 404


def test_members_are_found_and_added_together(
    alice: User, bob: User, group: Group, administrator_client: Client
) -> None:
    add = f"{page_of(group)}members/add/"
    form = form_of(administrator_client.get(page_of(group)), add)
    response = administrator_client.post(add, form | {"members": [str(alice.pk)]}, follow=True)
    assert "Alice (alice) was added to the group." in text_of(response)
    response = administrator_client.post(add, form | {"members": [str(alice.pk)]}, follow=True)
    assert "They are in the group already." in text_of(response)
    robot = UserFactory.create(system=True)
    both = [str(alice.pk), str(bob.pk), str(robot.pk)]
    response = administrator_client.post(add, form | {"members": both}, follow=True)
    assert "2 users were added to the group." in text_of(response)
    assert set(User.objects.filter(groups=group)) == {alice, bob, robot}


@pytest.mark.parametrize("value", ["", "nobody", "a\0b", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_422(group: Group, administrator_client: Client, value: str) -> None:
    sent = {"members": value} if value else {}
    response = administrator_client.post(f"{page_of(group)}members/add/", sent)
    assert response.status_code == 422
    assert len(errors_of(response)) == 1
    assert "Nobody is in this group" in text_of(response)


def test_a_deleted_user_is_no_member(group: Group, administrator_client: Client) -> None:
    gone = UserFactory.create(deleted_at=timezone.now())
    response = administrator_client.post(f"{page_of(group)}members/add/", {"members": str(gone.pk)})
    assert response.status_code == 422


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_member_is_taken_out_after_a_question(
    alice: User, group: Group, administrator_client: Client, headers: Any
) -> None:
    alice.groups.add(group)
    address = f"{page_of(group)}members/{alice.pk}/remove/"
    assert address in administrator_client.get(page_of(group)).content.decode()
    assert "Remove Alice (alice) from Data?" in text_of(administrator_client.get(address, headers=headers))
    for _again in range(2):
        administrator_client.post(address, headers=headers)
        assert "Alice (alice) was removed from the group." in text_of(administrator_client.get(page_of(group)))
    assert AuditEvent.objects.filter(action="group:remove_member").count() == 1


def test_the_members_stand_on_pages(group: Group, administrator_client: Client) -> None:
    for user in UserFactory.create_batch(51):
        user.groups.add(group)
    UserFactory.create()
    content = administrator_client.get(page_of(group)).content.decode()
    assert content.count('class="token-name"') == 50
    following = re.findall(r'href="(\?after=[^"]*)" rel="next"', content)
    assert administrator_client.get(page_of(group) + following[0]).content.decode().count('class="token-name"') == 1


def test_groups_reach_only_the_resource_servers_that_learn_profiles(
    client: Client, alice: User, group: Group, administrator_client: Client, application: TrustedApplication
) -> None:
    learns, others = ResourceServerFactory.create(shares_profile=True), ResourceServerFactory.create()
    robot = application.system_user
    assert robot
    tokens = [issued_pat(alice, application).plaintext, issued_sat(application).plaintext]
    for user in (alice, robot):
        administrator_client.post(f"{page_of(group)}members/add/", {"members": str(user.pk)})
    for plaintext in tokens:
        assert introspect(client, learns, plaintext).json()["groups"] == ["Data"]
        assert "groups" not in introspect(client, others, plaintext).json()
    administrator_client.post(f"{page_of(group)}edit/", {"name": "Analysis"})
    assert introspect(client, learns, tokens[0]).json()["groups"] == ["Analysis"]
    administrator_client.post(f"{page_of(group)}members/{alice.pk}/remove/")
    assert introspect(client, learns, tokens[0]).json()["groups"] == []


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_many1_a_group_with_other_members_than_were_shown_is_asked_about_again(
    alice: User, bob: User, group: Group, administrator_client: Client, headers: Any
) -> None:
    alice.groups.add(group)
    address = f"{page_of(group)}delete/"
    form = form_of(administrator_client.get(address, headers=headers))
    bob.groups.add(group)
    response = administrator_client.post(address, form, headers=headers)
    assert response.status_code == 409
    words = text_of(response)
    assert "Nothing was done: the members have changed. There were 1, and now there are 2." in words
    assert "2 users are members" in words
    assert Group.objects.filter(pk=group.pk).exists()
    administrator_client.post(address, form_of(response))
    assert not Group.objects.filter(pk=group.pk).exists()
