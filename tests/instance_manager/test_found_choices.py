"""What the search beside a choice answers, to whom, and what it does not repeat."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import ApplicationFactory, UserFactory
from tests.instance_manager.many import many_applications, many_groups, many_people
from tests.instance_manager.tick_boxes import boxes
from tests.pages import HTMX, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


APPLICATIONS = "/manage/security/trusted-apps/"
USERS = "/manage/security/users/"
OWNERS = "/manage/choices/owners/"


# --- While it is typed -----------------------------------------------------------------------------------------------


def test_the_answer_has_twenty_at_the_most_and_keeps_what_is_ticked(administrator_client: Client) -> None:
    people = many_people(1200)
    ticked = [str(people[7].pk), str(people[1100].pk)]
    query = {"owners_search": "person 0", "owners": ticked}
    response = administrator_client.get(OWNERS, query, headers=HTMX)
    found = boxes(response, "owners")
    assert [label for label, is_ticked in found.items() if is_ticked] == [
        "Person 0007 (person0007)",
        "Person 1100 (person1100)",
    ]
    assert len(found) == 22
    assert "More than 20 were found" in text_of(response)
    assert len(response.content) < 8 * 1024


@pytest.mark.parametrize("words", ["übung", "ÜBUNG", "U\u0308BUNG", "uebung@example.com", "sara"])
def test_the_answer_is_found_by_name_user_name_or_address_in_any_case(administrator_client: Client, words: str) -> None:
    UserFactory.create(username="sara", name="Übung", email="uebung@example.com")
    assert boxes(administrator_client.get(OWNERS, {"owners_search": words}), "owners") == {"Übung (sara)": False}


def test_who_is_inactive_a_system_user_or_deleted_is_not_found(administrator_client: Client) -> None:
    for traits in ({"inactive": True}, {"system": True}):
        UserFactory.create(username=f"robin{len(traits)}{next(iter(traits))}", **traits)
    assert boxes(administrator_client.get(OWNERS, {"owners_search": "robin"}), "owners") == {}


def test_without_words_the_answer_is_what_the_form_shows(administrator_client: Client, alice: User) -> None:
    assert boxes(administrator_client.get(OWNERS), "owners") == {"Ada (ada)": False, "Alice (alice)": False}
    many_people(30)
    assert boxes(administrator_client.get(OWNERS), "owners") == {}


@pytest.mark.parametrize("what", ["owners", "system_user", "applications", "groups"])
@pytest.mark.parametrize(
    "query",
    ["{0}_search=%00", "{0}_search=%ff", "{0}=%00", "{0}=x", "{0}=" + "9" * 40, "{0}=-1&{0}=", "{0}_search=%25"],
)
def test_t65_a_strange_address_is_no_server_error(
    administrator_client: Client, application: TrustedApplication, what: str, query: str
) -> None:
    many_groups(1)
    response = administrator_client.get(f"/manage/choices/{what}/?{query.format(what)}", headers=HTMX)
    assert response.status_code == 200


@pytest.mark.parametrize("value", ["x", "\0", "9" * 40, "-1", ""])
def test_t65_a_strange_choice_is_no_server_error(administrator_client: Client, alice: User, value: str) -> None:
    many_groups(1)
    response = administrator_client.post(f"{USERS}{alice.pk}/edit/", {"groups": [value]})
    assert response.status_code == 422
    assert alice.groups.count() == 0


def test_t41_names_stand_escaped(administrator_client: Client) -> None:
    UserFactory.create(name="<script>x</script>")
    for response in (
        administrator_client.get(OWNERS, {"owners_search": "<script"}),
        administrator_client.post(f"{APPLICATIONS}new/", {"owners_search": '"><script>x'}),
        administrator_client.get(f"{APPLICATIONS}new/"),
    ):
        assert "<script>x" not in response.content.decode()


@pytest.mark.parametrize("token", ["enrt_" + "A" * 64, "A" * 64])
def test_t37_a_token_is_not_looked_for(administrator_client: Client, token: str) -> None:
    many_people(30)
    UserFactory.create(name="A" * 64)
    response = administrator_client.get(OWNERS, {"owners_search": token}, headers=HTMX)
    assert token not in response.content.decode()


def test_the_names_of_people_are_for_administrators(alice: User) -> None:
    assert signed_in(alice).get(OWNERS, {"owners_search": "a"}, headers=HTMX).status_code == 403


def test_an_application_of_twelve_hundred_is_found_by_its_uri(administrator_client: Client) -> None:
    many_applications(1200)
    ApplicationFactory.create(name="Excel", application_uri="org.example/excel")
    response = administrator_client.get("/manage/choices/applications/", {"applications_search": "ORG.example"})
    assert boxes(response, "applications") == {"Excel (org.example/excel)": False}
