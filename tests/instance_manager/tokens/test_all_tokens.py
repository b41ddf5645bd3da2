"""From the page of a user, an application, a group or a Resource Server to all its tokens: listed, or revoked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import form_of, links_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(alice: User, bob: User, application: TrustedApplication) -> Group:
    """Alice's group; she has tokens of two applications, bob has one of the first, and that has one of its own."""
    other = ApplicationFactory.create(name="Word", application_uri="com.example/word", with_system_user=True)
    for user, app, name in ((alice, application, "Laptop"), (alice, other, "Phone"), (bob, application, "Tablet")):
        issued_pat(user, app, description=name)
    issued_sat(other, description="Nightly")
    group = Group.objects.create(name="Data & more")
    group.users.add(alice)
    return group


def live() -> set[str]:
    return set(ReferenceToken.objects.filter(revoked_at=None).values_list("description", flat=True))


def names_listed(response: Any) -> set[str]:
    return {name for name in ("Laptop", "Phone", "Tablet", "Nightly") if name in text_of(response)}


@pytest.mark.parametrize(
    ("about", "tokens"),
    [
        ("users/{alice}", {"Laptop", "Phone"}),
        ("trusted-apps/{application}", {"Laptop", "Tablet"}),
        ("groups/{group}", {"Laptop", "Phone"}),
        ("resource-servers/{server}", {"Phone", "Nightly"}),
    ],
)
def test_a_page_leads_to_all_its_tokens_and_to_revoking_them(
    administrator_client: Client,
    alice: User,
    application: TrustedApplication,
    group: Group,
    about: str,
    tokens: set[str],
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(TrustedApplication.objects.get(name="Word"))
    ids = {"alice": alice.pk, "application": application.pk, "group": group.pk, "server": server.pk}
    page = administrator_client.get(f"/manage/security/{about.format(**ids)}/")
    [show], [revoke] = links_of(page, "Show all tokens"), links_of(page, "Revoke all tokens")
    assert names_listed(administrator_client.get(show)) == tokens
    asked = administrator_client.get(revoke)
    assert "Revoke 2 tokens?" in text_of(asked)
    administrator_client.post(asked.wsgi_request.path, form_of(asked) | {"number": "2"})
    assert live() == {"Laptop", "Phone", "Tablet", "Nightly"} - tokens


def test_the_list_says_that_it_is_of_a_group_and_goes_on_without(administrator_client: Client, group: Group) -> None:
    response = administrator_client.get("/manage/security/tokens/", {"group": group.name, "kind": "PAT"})
    assert "Group of the owner: Data & more" in text_of(response)
    assert re.search(r'href="\?kind=PAT"', response.content.decode())
    assert not names_listed(administrator_client.get("/manage/security/tokens/", {"group": "Nobody's"}))
    in_capitals = administrator_client.get("/manage/security/tokens/", {"group": "DATA & MORE"})
    assert names_listed(in_capitals) == names_listed(response)


@pytest.mark.parametrize("asks_for_all", [True, False])
def test_the_tokens_of_a_resource_server_are_those_it_may_ask_about(
    administrator_client: Client, group: Group, asks_for_all: bool
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=asks_for_all)
    response = administrator_client.get("/manage/security/tokens/", {"server": server.client_id, "kind": "PAT"})
    assert f"Resource Server: {server.client_id}" in text_of(response)
    assert names_listed(response) == ({"Laptop", "Phone", "Tablet"} if asks_for_all else set())
    assert not names_listed(administrator_client.get("/manage/security/tokens/", {"server": "rs_nobody"}))


def test_a_group_is_looked_for_in_as_many_statements_however_many_members_it_has(
    administrator_client: Client, application: TrustedApplication, group: Group
) -> None:
    counts = []
    for _time in range(2):
        with Statements() as statements:
            administrator_client.get("/manage/security/tokens/", {"group": group.name})
        counts.append(len(statements))
        names = [f"{len(counts)}p{number}" for number in range(20)]
        group.users.add(*User.objects.bulk_create(User(username=name, password="!") for name in names))
    assert counts[0] == counts[1]


def test_a_deleted_user_has_no_tokens_to_be_revoked(administrator_client: Client, alice: User, group: Group) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now(), is_active=False)
    assert not links_of(administrator_client.get(f"/manage/security/users/{alice.pk}/"), "Revoke all tokens")
