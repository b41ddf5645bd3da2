"""Choosing from many in a form: it holds a few, and searches with JavaScript or without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver

from accounts.forms.choosing import Chooser
from accounts.models import AuditEvent, User
from reference_tokens.models import ResourceServer
from tests.factories import PASSWORD, ResourceServerFactory, UserFactory, made_applications
from tests.instance_manager.many import many_applications, many_groups, many_people
from tests.instance_manager.tick_boxes import boxes
from tests.introspection import Statements
from tests.pages import CONFIRM_URL, errors_of, form_of, give_password, next_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


APPLICATIONS = "/manage/security/trusted-apps/"
SERVERS = "/manage/security/resource-servers/"
USERS = "/manage/security/users/"
MOST_BYTES = 40 * 1024


def edit_of(application: TrustedApplication) -> str:
    return f"{APPLICATIONS}{application.pk}/edit/"


# --- However many there are ------------------------------------------------------------------------------------------


def test_the_form_of_an_application_weighs_the_same_with_twelve_hundred_people_and_system_users(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    many_people(1200)
    User.objects.bulk_create(User(username=f"robot{n}", kind=User.Kind.SYSTEM, password="!") for n in range(1200))
    with Statements() as statements:
        response = administrator_client.get(edit_of(application))
    assert len(response.content) < MOST_BYTES
    assert boxes(response, "owners") == {"Alice (alice)": True}
    assert set(boxes(response, "system_user").values()) == {True, False}
    assert len(boxes(response, "system_user")) == 2
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 12


def test_the_form_of_a_resource_server_weighs_the_same_with_twelve_hundred_applications(
    administrator_client: Client,
) -> None:
    server = ResourceServerFactory.create(asks_for_all_applications=False)
    server.applications.add(many_applications(1200)[7])
    response = administrator_client.get(f"{SERVERS}{server.pk}/edit/")
    assert len(response.content) < MOST_BYTES
    assert boxes(response, "applications") == {"App 0007 (com.example/app0007)": True}
    assert len(administrator_client.get(f"{SERVERS}new/").content) < MOST_BYTES


def test_the_form_of_a_user_weighs_the_same_with_twelve_hundred_groups(
    administrator_client: Client, alice: User
) -> None:
    alice.groups.add(many_groups(1200)[7])
    response = administrator_client.get(f"{USERS}{alice.pk}/edit/")
    assert len(response.content) < MOST_BYTES
    assert boxes(response, "groups") == {"Group 0007": True}


def test_a_few_are_all_listed_and_need_no_search(administrator_client: Client, alice: User) -> None:
    response = administrator_client.get(f"{APPLICATIONS}new/")
    assert boxes(response, "owners") == {"Ada (ada)": False, "Alice (alice)": False}
    assert "owners_search" not in response.content.decode()
    many_people(18)
    assert len(boxes(administrator_client.get(f"{APPLICATIONS}new/"), "owners")) == 20
    many_people_more = UserFactory.create()
    response = administrator_client.get(f"{APPLICATIONS}new/")
    assert many_people_more.username not in response.content.decode()
    assert "Find people by name, user name or e-mail address" in text_of(response)


def test_what_was_looked_for_is_found_after_a_confirmation(
    administrator: User, application: TrustedApplication
) -> None:
    many_people(30)
    sent = form_of(signed_in(give_password(administrator)).get(edit_of(application))) | {"owners_search": ["0007"]}
    late = signed_in(administrator, confirmed=False)
    asked = late.post(edit_of(application), sent)
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    response = late.get(next_of(asked))
    assert boxes(response, "owners") == {"Person 0007 (person0007)": False}
    assert "1 was found." in text_of(response)


def our_forms() -> Iterator[type[forms.BaseForm]]:
    # Every page is imported by the addresses, and every form by a page.
    assert get_resolver().url_patterns
    waiting = [forms.BaseForm]
    while waiting:
        waiting += (found := waiting.pop()).__subclasses__()
        if not found.__module__.startswith(("django.", "allauth.", "tests.")):
            yield found


def test_no_form_lists_the_rows_of_a_table() -> None:
    from_tables = {
        f"{form.__name__}.{name}": field
        for form in our_forms()
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.ModelChoiceField)
    }
    assert {"ApplicationForm.owners", "ResourceServerForm.applications", "UserForm.groups"} <= set(from_tables)
    searched = (Chooser, forms.HiddenInput)
    native = {name for name, field in from_tables.items() if not isinstance(field.widget, searched)}
    assert native == set()


# --- Without JavaScript ----------------------------------------------------------------------------------------------


def test_a_search_comes_back_with_what_was_found_and_saves_nothing(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    many_people(1200)
    sent = form_of(administrator_client.get(edit_of(application)))
    assert sent["owners_search"] == [""]
    sent |= {"name": ["Typed"], "description": [""], "owners_search": ["PERSON 0042"], "max_lifetime_days": ["x"]}
    response = administrator_client.post(edit_of(application), sent)
    assert boxes(response, "owners") == {"Alice (alice)": True, "Person 0042 (person0042)": False}
    assert response.status_code == 200
    assert "1 was found." in text_of(response)
    assert errors_of(response) == []
    shown = form_of(response)
    assert (shown["name"], shown["max_lifetime_days"], shown["owners_search"]) == (["Typed"], ["x"], [""])
    # What the form was opened with is not forgotten over a search.
    assert shown["version"] == sent["version"]
    application.refresh_from_db()
    assert (application.name, AuditEvent.objects.exists()) == ("Excel", False)


def test_what_was_found_is_ticked_and_saved(
    administrator_client: Client, application: TrustedApplication, alice: User
) -> None:
    application.owners.add(alice)
    many_people(1200)
    sent = form_of(administrator_client.get(edit_of(application))) | {"owners_search": ["0042"]}
    found = form_of(administrator_client.post(edit_of(application), sent))
    one = User.objects.get(username="person0042")
    response = administrator_client.post(edit_of(application), found | {"owners": [*found["owners"], str(one.pk)]})
    assert response.status_code == 302
    assert set(application.owners.all()) == {alice, one}


def test_one_of_many_is_exchanged_or_taken_away(administrator_client: Client, application: TrustedApplication) -> None:
    User.objects.bulk_create(User(username=f"robot{n:04d}", kind=User.Kind.SYSTEM, password="!") for n in range(1200))
    sent = form_of(administrator_client.get(edit_of(application)))
    assert sent["system_user"] == [str(application.system_user_id)]
    found = administrator_client.post(edit_of(application), sent | {"system_user_search": ["robot0042"]})
    assert list(boxes(found, "system_user").values()) == [False, True, False]
    one = User.objects.get(username="robot0042")
    administrator_client.post(edit_of(application), form_of(found) | {"system_user": [str(one.pk)]})
    application.refresh_from_db()
    assert application.system_user == one
    none = form_of(administrator_client.get(edit_of(application))) | {"system_user": [""]}
    administrator_client.post(edit_of(application), none)
    application.refresh_from_db()
    assert application.system_user is None


def test_a_search_in_the_form_of_something_new_makes_nothing(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    many_people(30)
    many_groups(30)
    many_applications(30)
    posts = [
        (f"{APPLICATIONS}new/", {"name": "X", "application_uri": "a/b", "owners_search": "alice"}, "owners"),
        (f"{SERVERS}new/", {"name": "X", "applications_search": "excel"}, "applications"),
        (f"{USERS}{alice.pk}/edit/", {"name": "X", "groups_search": "0007"}, "groups"),
    ]
    for address, sent, name in posts:
        response = administrator_client.post(address, sent)
        assert list(boxes(response, name).values()) == [False]
        assert form_of(response)["name"] == ["X"]
    assert (made_applications().count(), ResourceServer.objects.count()) == (31, 0)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(("words", "said"), [("nobody-", "Nothing was found."), ("person", "More than 20 were found")])
def test_the_form_says_what_the_search_came_to(administrator_client: Client, words: str, said: str) -> None:
    many_people(30)
    response = administrator_client.post(f"{APPLICATIONS}new/", {"owners_search": words})
    assert said in text_of(response)
    assert len(boxes(response, "owners")) == (20 if words == "person" else 0)


def test_t37_a_token_that_was_looked_for_is_not_shown_again(administrator_client: Client) -> None:
    many_people(30)
    token = "enrt_" + "A" * 64
    response = administrator_client.post(f"{APPLICATIONS}new/", {"owners_search": token, "owners": token})
    assert token not in response.content.decode()


# --- What is there already -------------------------------------------------------------------------------------------


def test_what_is_there_already_is_not_offered_once_more(
    administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    group, server = Group.objects.create(name="Data"), ResourceServerFactory.create(asks_for_all_applications=False)
    places: list[tuple[str, Any, str, Callable[[], None]]] = [
        ("members", group, f"/manage/security/groups/{group.pk}/", lambda: alice.groups.add(group)),
        ("owners", application, f"{APPLICATIONS}{application.pk}/owners/", lambda: application.owners.add(alice)),
        ("applications", server, f"{SERVERS}{server.pk}/applications/", lambda: server.applications.add(application)),
    ]
    for name, whole, page, add in places:
        label = application.name if name == "applications" else "alice"
        search = {f"{name}_search": label, "beside": str(whole.pk)}
        for count in (1, 0):
            for address, sent in ((page, {}), (f"/manage/choices/{name}/", search)):
                offered = boxes(administrator_client.get(address, sent), name)
                assert len([box for box in offered if label in box]) == count, (name, address)
            add()


def test_a_form_says_that_nobody_is_left_to_be_added(administrator_client: Client) -> None:
    group = Group.objects.create(name="All")
    page = f"/manage/security/groups/{group.pk}/"
    assert "All have been added already." not in text_of(administrator_client.get(page))
    for user in User.objects.all():
        user.groups.add(group)
    assert "All have been added already." in text_of(administrator_client.get(page))


@pytest.mark.parametrize("beside", ["", "x", "9" * 40, "a\0b"])
def test_an_id_that_is_none_leaves_nobody_out(administrator_client: Client, alice: User, beside: str) -> None:
    sent = {"members_search": "alice", "beside": beside}
    assert "Alice (alice)" in boxes(administrator_client.get("/manage/choices/members/", sent), "members")


# --- How many a form takes -------------------------------------------------------------------------------------------


def test_a_form_takes_fifty_at_the_most(administrator_client: Client) -> None:
    ids = [str(application.pk) for application in many_applications(51)]
    sent = {"name": "Orders", "applications": ids}
    response = administrator_client.post(f"{SERVERS}new/", sent)
    assert (response.status_code, errors_of(response)[0]) == (422, "Choose at most 50.")
    assert administrator_client.post(f"{SERVERS}new/", sent | {"applications": ids[1:]}).status_code == 200
    assert ResourceServer.objects.get().applications.count() == 50
