"""Trusted Apps: the list, its search and its pages; and the start page of the Instance Manager."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.lists import capped_count
from reference_tokens.lists.application_states import ApplicationState, applications_in_state
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, UserFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements, plan
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/trusted-apps/"


def names_on(client: Client, address: str) -> list[str]:
    return re.findall(r'<a class="token-name" [^>]*><bdi>(.*?)</bdi>', client.get(address).content.decode())


def links_on(client: Client, address: str) -> dict[str, str]:
    found = re.findall(
        r'<a class="button compact[^>]* href="([^"]*)" rel="(\w+)"', client.get(address).content.decode()
    )
    return {rel: LIST + href.replace("&amp;", "&") for href, rel in found}


def test_a_row_says_what_the_application_is(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    issued_sat(application)
    alter(issued_sat(application).token, suspended_at="2026-01-01T00:00Z")
    alter(issued_sat(application).token, revoked_at="2026-01-01T00:00Z")
    words = text_of(administrator_client.get(LIST))
    assert application.system_user
    system_user = application.system_user.username
    assert f"Excel com.example/excel AuthenticatedUsers read update {system_user} 3" in words
    assert "2 applications" in words
    assert "Register application" in words


def test_an_application_without_system_user_or_disabled_says_so(administrator_client: Client) -> None:
    ApplicationFactory.create(name="Off", application_uri="com.example/off", disabled=True, closed=True)
    assert "Off com.example/off Disabled None read update None 0" in text_of(administrator_client.get(LIST))


def test_a_row_leads_to_the_application(administrator_client: Client, application: TrustedApplication) -> None:
    assert f'href="{LIST}{application.pk}/"><bdi>Excel' in administrator_client.get(LIST).content.decode()


def test_beside_what_is_built_in_the_page_says_what_to_do(administrator_client: Client) -> None:
    response = administrator_client.get(LIST)
    assert names_on(administrator_client, LIST) == ["Management API"]
    assert "No applications of your own yet Register the programs that call your APIs" in text_of(response)
    assert response.content.decode().count(f'href="{LIST}new/"') == 2


def test_with_an_application_of_ones_own_the_page_does_not_say_so(
    administrator_client: Client, application: TrustedApplication
) -> None:
    for address in (LIST, f"{LIST}?q=Management", f"{LIST}?after={application.pk}"):
        assert "of your own yet" not in text_of(administrator_client.get(address))


def test_a_search_that_finds_nothing_does_not_say_so_either(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(LIST, {"q": "nothing"}))
    assert "No application matches" in words
    assert "of your own yet" not in words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("exc", ["Excel"]),
        ("EXC", ["Excel"]),
        ("com.example/", ["Excel", "Word"]),
        ("  word ", ["Word"]),
        ("100%", ["100% sure"]),
        ("%", ["100% sure"]),
        ("_", []),
        ("\\", []),
        ("'", []),
        ("nothing", []),
    ],
)
def test_the_search_finds_by_name_and_uri_and_takes_every_character_as_itself(
    administrator_client: Client, application: TrustedApplication, words: str, found: list[str]
) -> None:
    ApplicationFactory.create(name="Word", application_uri="com.example/word")
    ApplicationFactory.create(name="100% sure", application_uri="org/x")
    response = administrator_client.get(LIST, {"q": words})
    assert re.findall(r'<a class="token-name" [^>]*><bdi>(.*?)</bdi>', response.content.decode()) == found
    assert 'name="q"' in response.content.decode()
    assert found or "No application matches" in text_of(response)
    assert "Clear filters" in text_of(response)


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "q=%ff", "q=" + "x" * 3000, "after=%00", "after=x", "after="])
def test_t65_a_strange_address_is_no_server_error(
    administrator_client: Client, application: TrustedApplication, query: str
) -> None:
    assert administrator_client.get(f"{LIST}?{query}").status_code == 200


def test_t41_what_was_searched_for_stands_escaped_in_its_field(administrator_client: Client) -> None:
    content = administrator_client.get(LIST, {"q": '"><script>x'}).content.decode()
    assert 'value="&quot;&gt;&lt;script&gt;x"' in content
    assert "<script>x" not in content


def test_the_pages_walk_every_application_once_by_name(administrator_client: Client) -> None:
    # Many of one name, so that a page ends in the middle of them.
    ApplicationFactory.create_batch(60, name="Same")
    ApplicationFactory.create_batch(60)
    address, seen, pages = LIST, [], 0
    while address:
        seen += re.findall(r'<code class="hint">(.*?)</code>', administrator_client.get(address).content.decode())
        address, pages = links_on(administrator_client, address).get("next", ""), pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 121
    assert "121 applications" in text_of(administrator_client.get(LIST))


def test_the_links_of_a_page_keep_the_search_and_say_where_they_lead(administrator_client: Client) -> None:
    ApplicationFactory.create_batch(60, name="Same & so")
    first = f"{LIST}?q=same+%26"
    following = links_on(administrator_client, first)["next"]
    assert following.startswith(f"{LIST}?q=same+%26&after=")
    assert links_on(administrator_client, following) == {"prev": first}
    assert len(names_on(administrator_client, following)) == 10
    assert "Next page" in text_of(administrator_client.get(first))
    assert "First page" in text_of(administrator_client.get(following))
    assert not {"Newer", "Older"} & set(text_of(administrator_client.get(following)).split())


def test_the_search_is_offered_once_a_page_is_not_enough(administrator_client: Client) -> None:
    ApplicationFactory.create_batch(49)
    assert 'name="q"' not in administrator_client.get(LIST).content.decode()
    ApplicationFactory.create()
    assert 'name="q"' in administrator_client.get(LIST).content.decode()


def test_a_full_page_costs_six_queries(alice: User, administrator_client: Client) -> None:
    for application in ApplicationFactory.create_batch(51, system_user=UserFactory.create(system=True)):
        issued_sat(application)
    with Statements() as statements:
        assert len(names_on(administrator_client, LIST)) == 50
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 6


def test_sats_that_act_as_nobody_are_found_by_an_index_of_the_applications(application: TrustedApplication) -> None:
    issued_sat(ApplicationFactory.create(with_system_user=True))
    TrustedApplication.objects.exclude(pk=application.pk).update(system_user=None)
    found = applications_in_state(ApplicationState.NO_SYSTEM_USER, timezone.now())
    assert (len(found), "holder (" in plan(found)) == (1, False)


def test_the_start_page_counts_applications_and_live_tokens(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    alter(issued_pat(alice, application).token, revoked_at="2026-01-01T00:00Z")
    response = administrator_client.get("/manage/")
    assert "2 applications" in text_of(response)
    assert "1 token" in text_of(response)
    assert f'href="{LIST}"' in response.content.decode()
    assert '<a class="nav-item" href="/manage/" aria-current="page">' in response.content.decode()


def test_the_start_page_counts_to_a_limit(
    alice: User, administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capped_count, "COUNT_LIMIT", 1)
    issued_pat(alice, application)
    issued_pat(alice, application)
    assert ReferenceToken.objects.count() == 2
    assert "1+ tokens" in text_of(administrator_client.get("/manage/"))
