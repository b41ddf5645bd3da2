"""Groups, Resource Servers and applications by name: every page of the list, and its search, however many there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from reference_tokens.lists import capped_count
from reference_tokens.models import ResourceServer
from tests.factories import ApplicationFactory, ResourceServerFactory, UserFactory
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

GROUPS = "/manage/security/groups/"
SERVERS = "/manage/security/resource-servers/"
LISTS = [GROUPS, SERVERS]
MOST_BYTES = 64 * 1024


def many_groups(count: int) -> None:
    Group.objects.bulk_create(Group(name=f"Group {number:04d}") for number in range(count))


def many_servers(count: int) -> None:
    ResourceServer.objects.bulk_create(
        ResourceServer(name=f"API {number:04d}", client_id=f"rs_{number:04d}") for number in range(count)
    )


def many_applications(count: int) -> list[TrustedApplication]:
    return TrustedApplication.objects.bulk_create(
        TrustedApplication(name=f"App {number:04d}", application_uri=f"com.example/app{number:04d}")
        for number in range(count)
    )


def names_on(response: Any) -> list[str]:
    return re.findall(r'class="token-name" [^>]*><bdi>(.*?)</bdi>', response.content.decode())


def next_of_list(response: Any) -> str:
    found = re.search(r'href="([^"]*)" rel="next"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize(
    ("address", "make", "last"), [(GROUPS, many_groups, "Group 1199"), (SERVERS, many_servers, "API 1199")]
)
def test_the_pages_walk_all_of_twelve_hundred_once_by_name(
    administrator_client: Client, address: str, make: Callable[[int], None], last: str
) -> None:
    make(1200)
    query, seen, largest = "?", [], 0
    while query:
        response = administrator_client.get(address + query)
        seen += names_on(response)
        largest, query = max(largest, len(response.content)), next_of_list(response)
    assert len(seen) == 1200
    assert seen == sorted(set(seen))
    assert seen[-1] == last
    assert largest < MOST_BYTES


@pytest.mark.parametrize(
    ("address", "make", "word"), [(GROUPS, many_groups, "groups"), (SERVERS, many_servers, "Resource Servers")]
)
def test_the_count_is_of_all_pages_and_stops_at_its_limit(
    administrator_client: Client,
    address: str,
    make: Callable[[int], None],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(1200)
    assert f"1,200 {word}" in text_of(administrator_client.get(address))
    monkeypatch.setattr(capped_count, "COUNT_LIMIT", 1)
    assert f"1+ {word}" in text_of(administrator_client.get(address))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("über", ["Überwachung"]),
        ("ÜBERWACHUNG", ["Überwachung"]),
        ("u\u0308ber", ["Überwachung"]),
        (" 100% ", ["100%"]),
    ],
)
def test_the_search_finds_folded_names_and_takes_every_character_as_itself(
    administrator_client: Client, words: str, found: list[str]
) -> None:
    for name in ("Überwachung", "100%", "1000"):
        Group.objects.create(name=name)
        ResourceServerFactory.create(name=name)
    for address in LISTS:
        response = administrator_client.get(address, {"q": words})
        assert names_on(response) == found
        assert "Clear filters" in text_of(response)


def test_a_resource_server_is_found_by_its_client_id(administrator_client: Client) -> None:
    many_servers(60)
    assert names_on(administrator_client.get(SERVERS, {"q": "rs_0042"})) == ["API 0042"]


def test_filtered_to_nothing_says_so(administrator_client: Client) -> None:
    assert "No group matches" in text_of(administrator_client.get(GROUPS, {"q": "nothing"}))
    assert "No Resource Server matches" in text_of(administrator_client.get(SERVERS, {"q": "nothing"}))


@pytest.mark.parametrize(("address", "make"), [(GROUPS, many_groups), (SERVERS, many_servers)])
def test_the_search_is_offered_once_a_page_is_not_enough(
    administrator_client: Client, address: str, make: Callable[[int], None]
) -> None:
    make(50)
    assert 'name="q"' not in administrator_client.get(address).content.decode()
    Group.objects.create(name="Z")
    ResourceServerFactory.create(name="Z")
    response = administrator_client.get(address)
    assert 'name="q"' in response.content.decode()
    assert names_on(administrator_client.get(address, {"q": " "})) == names_on(response)


def test_the_next_page_of_a_search_is_one_of_the_search(administrator_client: Client) -> None:
    many_groups(1200)
    first = administrator_client.get(f"{GROUPS}?q=group+0")
    following = next_of_list(first)
    assert following.startswith("?q=group+0&after=")
    assert names_on(administrator_client.get(GROUPS + following))[0] == "Group 0050"
    assert 'href="?q=group+0" rel="prev"' in administrator_client.get(GROUPS + following).content.decode()


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    "query", ["q=%00", "q=a%00b", "q=%ff", "q=" + "x" * 3000, "after=%00", "after=x", "after=", "after=" + "9" * 40]
)
def test_t65_a_strange_address_is_no_server_error(administrator_client: Client, address: str, query: str) -> None:
    many_groups(1)
    assert administrator_client.get(f"{address}?{query}").status_code == 200


@pytest.mark.parametrize("address", LISTS)
def test_t37_a_token_is_not_looked_for(administrator_client: Client, address: str) -> None:
    response = administrator_client.get(address, {"q": "enrt_" + "A" * 64})
    assert (response.status_code, response.headers["Location"]) == (302, address)


@pytest.mark.parametrize("address", LISTS)
def test_t41_what_was_searched_for_stands_escaped_in_its_field(administrator_client: Client, address: str) -> None:
    content = administrator_client.get(address, {"q": '"><script>x'}).content.decode()
    assert 'value="&quot;&gt;&lt;script&gt;x"' in content
    assert "<script>x" not in content


def test_a_page_of_groups_reads_the_members_of_that_page_alone(administrator_client: Client) -> None:
    many_groups(1200)
    people = UserFactory.create_batch(3)
    for group in Group.objects.filter(name__in=["Group 0000", "Group 1199"]):
        group.users.set(people)
    with Statements() as statements:
        words = text_of(administrator_client.get(GROUPS))
    assert "Group 0000 3 Group 0001 0" in words
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 6


def test_a_server_of_twelve_hundred_applications_names_three_and_counts_the_others(
    administrator_client: Client, django_assert_max_num_queries: Any
) -> None:
    server = ResourceServerFactory.create(name="Orders", asks_for_all_applications=False)
    server.applications.set(many_applications(1200))
    for address in (SERVERS, f"{SERVERS}{server.pk}/"):
        with django_assert_max_num_queries(12, connection=connection):
            response = administrator_client.get(address)
        assert "App 0000, App 0001, App 0002 and 1,197 more" in text_of(response)
        assert len(response.content) < MOST_BYTES


def test_a_page_of_applications_costs_the_same_at_any_depth(administrator_client: Client) -> None:
    many_applications(1200)
    ApplicationFactory.create(name="App 0049")
    response = administrator_client.get("/manage/security/trusted-apps/")
    assert names_on(response)[-1] == "App 0049"
    assert (
        names_on(administrator_client.get("/manage/security/trusted-apps/" + next_of_list(response)))[0] == "App 0049"
    )
