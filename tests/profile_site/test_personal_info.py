"""Personal info: who the signed-in person is here."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def test_the_page_says_who_the_person_is(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    words = text_of(alice_client.get("/profile/"))
    assert "Name Alice Username alice Email alice@example.com Role User" in words
    assert "Groups" not in words


def test_groups_stand_there_by_name(alice: User, alice_client: Client) -> None:
    for name in ("writers", "<b>editors"):
        alice.groups.add(Group.objects.create(name=name))
    content = alice_client.get("/profile/").content.decode()
    assert '<span class="chip">&lt;b&gt;editors</span><span class="chip">writers</span>' in content


def test_an_administrator_is_called_one_and_can_go_to_the_instance_manager(administrator_client: Client) -> None:
    response = administrator_client.get("/profile/")
    assert "Role Administrator" in text_of(response)
    assert 'href="/manage/"' in response.content.decode()


def test_a_person_without_a_name_is_shown_by_the_user_name(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(name="")
    words = text_of(alice_client.get("/profile/"))
    assert "Name alice" in words
    assert "Email None" in words


def test_the_current_page_is_marked_in_the_navigation(alice_client: Client) -> None:
    content = alice_client.get("/profile/").content.decode()
    assert '<a class="nav-item" href="/profile/" aria-current="page">' in content
    assert '<a class="nav-item" href="/profile/security/tokens/">' in content
