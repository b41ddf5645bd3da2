"""The red button: whom or what, then their count, and their number typed (MANY-1)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat, issued_sat
from tests.pages import errors_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db
PAGE = "/manage/security/revoke/"


def counted(client: Client, **filled_in: Any) -> str:
    """What the question says of those whose tokens end."""
    answer = client.post(PAGE, filled_in)
    assert answer.status_code == 302
    return text_of(client.get(answer["Location"]))


def test_many1_it_asks_for_whom_it_counts_and_revokes_none(
    administrator_client: Client, alice: User, bob: User, application: TrustedApplication
) -> None:
    for holder in (alice, alice, bob):
        issued_pat(holder, application)
    assert "Revoke 2 tokens?" in counted(administrator_client, owner="alice")
    assert not ReferenceToken.objects.exclude(revoked_at=None).exists()


def test_many1_nothing_filled_in_means_every_token(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    issued_sat(application)
    assert "Revoke 2 tokens?" in counted(administrator_client)


def test_txt1_a_group_is_found_however_its_name_is_written(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    alice.groups.add(Group.objects.create(name="Caf\u00e9"))
    issued_pat(alice, application)
    issued_sat(application)
    assert "Revoke 1 token?" in counted(administrator_client, group="CAFE\u0301")


@pytest.mark.parametrize("what", ["application", "server", "group", "issued_before"])
def test_many1_what_is_filled_in_holds_together(
    administrator_client: Client, alice: User, bob: User, application: TrustedApplication, what: str
) -> None:
    other = ApplicationFactory.create()
    group = Group.objects.create(name="Finance")
    alice.groups.add(group)
    old = issued_pat(alice, application).token
    ReferenceToken.objects.filter(pk=old.pk).update(issued_at="2020-05-05T00:00Z")
    issued_pat(bob, other)
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(application)
    filled_in = {"application": application.pk, "server": server.pk, "group": "Finance", "issued_before": "2020-05-06"}
    assert "Revoke 1 token?" in counted(administrator_client, **{what: filled_in[what]})
    assert "Revoke 1 token?" in counted(administrator_client, owner="alice", **{what: filled_in[what]})


@pytest.mark.parametrize(
    ("filled_in", "said"),
    [
        ({"owner": "nobody"}, "There is no user of this name."),
        ({"group": "None"}, "There is no group of this name."),
        ({"issued_before": "yesterday"}, "Enter a day as 2027-01-31."),
        ({"application": uuid.UUID(int=0)}, "Select a valid choice. That choice is not one of the available choices."),
    ],
)
def test_many1_what_is_not_understood_is_never_taken_for_every_token(
    administrator_client: Client, filled_in: dict[str, Any], said: str
) -> None:
    answer = administrator_client.post(PAGE, filled_in)
    assert answer.status_code == 422
    assert errors_of(answer) == [said]


def test_many1_a_search_for_an_application_leads_nowhere_yet(
    administrator_client: Client, application: TrustedApplication
) -> None:
    answer = administrator_client.post(PAGE, {"application_search": application.name})
    assert answer.status_code == 200
    assert application.application_uri in answer.content.decode()


def test_home_leads_to_it(administrator_client: Client) -> None:
    assert f'href="{PAGE}"' in administrator_client.get("/manage/").content.decode()
