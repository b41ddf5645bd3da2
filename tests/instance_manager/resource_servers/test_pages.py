"""Resource Servers in the Instance Manager: the list, the page of one, and addresses that name none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from instance_manager.resource_servers import snippets
from reference_tokens.models import AnswerCount, ResourceServer
from tests.factories import ApplicationFactory, ResourceServerFactory
from tests.instance_manager.resource_servers.forms import (
    LIST,
    NEW,
    SECRET,
    edit_of,
    filled_in,
    page_of,
    removal_of,
    second_secret,
)
from tests.introspection import Statements
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Names that are allowed, and are not to be taken for HTML, a format or a template.
POISONED = ["<script>alert(1)</script>", "\"'><b>&amp;", "{{ 7*7 }}{% x %}", "%(name)s %s", "الخادم"]


# --- The list --------------------------------------------------------------------------------------------------------


def test_without_resource_servers_the_page_says_what_to_do(administrator_client: Client) -> None:
    response = administrator_client.get(LIST)
    assert "No Resource Servers yet Register each API, or the proxy in front of it" in text_of(response)
    assert f'href="{NEW}"' in response.content.decode()


def test_a_row_says_what_the_server_is(administrator_client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(name="Orders API", asks_for_all_applications=False)
    server.applications.set([application, ApplicationFactory.create(name="Access")])
    response = administrator_client.get(LIST)
    assert f"Orders API {server.client_id} Access, Excel Never" in text_of(response)
    assert "1 Resource Server" in text_of(response)
    assert f'href="{page_of(server)}"><bdi>Orders API' in response.content.decode()


def test_a_row_tells_of_all_applications_and_none_of_a_disabled_server_and_of_the_last_question(
    administrator_client: Client,
) -> None:
    asked = datetime(2027, 1, 31, 12, tzinfo=UTC)
    one = ResourceServerFactory.create(name="A", is_enabled=False, last_asked_at=asked)
    two = ResourceServerFactory.create(name="B", asks_for_all_applications=False)
    response = administrator_client.get(LIST)
    assert f"A {one.client_id} Disabled All applications" in text_of(response)
    assert f"B {two.client_id} None Never" in text_of(response)
    assert 'datetime="2027-01-31T12:00' in response.content.decode()


def test_the_list_is_sorted_by_name(administrator_client: Client) -> None:
    for name in ("beta", "alpha", "gamma"):
        ResourceServerFactory.create(name=name)
    content = administrator_client.get(LIST).content.decode()
    assert re.findall(r'class="token-name" [^>]*><bdi>(.*?)</bdi>', content) == ["alpha", "beta", "gamma"]


def test_a_hundred_servers_cost_as_many_queries_as_one_and_are_counted(
    administrator_client: Client, application: TrustedApplication
) -> None:
    def queries() -> int:
        with Statements() as statements:
            assert administrator_client.get(LIST).status_code == 200
        return len(statements.sql)

    ResourceServerFactory.create().applications.add(application)
    for_one = queries()
    for server in ResourceServerFactory.create_batch(99, asks_for_all_applications=False):
        server.applications.add(application)
    # Fewer than a page are counted by being read.
    assert queries() == for_one + 1 <= 8
    assert "100 Resource Servers" in text_of(administrator_client.get(LIST))


# --- The page of one -------------------------------------------------------------------------------------------------


def test_the_page_tells_all_there_is_to_know(administrator_client: Client, application: TrustedApplication) -> None:
    server = ResourceServerFactory.create(
        name="Orders API", asks_for_all_applications=False, may_revoke=True, required_scopes=["read"]
    )
    server.applications.add(application)
    words = text_of(administrator_client.get(page_of(server)))
    assert f"Orders API {server.client_id}" in words
    assert "Asks about Excel Last asked Never May revoke Yes Receives the holder's profile No" in words
    assert "Required scopes at forward auth read Answers so far None" in words


def test_the_page_says_that_a_server_is_disabled_and_when_it_last_asked(administrator_client: Client) -> None:
    server = ResourceServerFactory.create(is_enabled=False, last_asked_at=datetime(2027, 1, 31, 12, tzinfo=UTC))
    response = administrator_client.get(page_of(server))
    assert "This Resource Server is disabled All its requests are refused." in text_of(response)
    assert 'datetime="2027-01-31T12:00' in response.content.decode()


def test_the_page_counts_the_answers_of_all_days_the_most_frequent_first(
    administrator_client: Client, server: Any
) -> None:
    for day, outcome, count in [
        (1, "active", 2),
        (1, "other_server", 500),
        (2, "other_server", 734),
        (2, "expired", 3),
    ]:
        AnswerCount.objects.create(day=f"2027-01-0{day}", client_id=server.client_id, outcome=outcome, count=count)
    AnswerCount.objects.create(day="2027-01-01", client_id="rs_other", outcome="revoked", count=9)
    words = text_of(administrator_client.get(page_of(server)))
    why = "The Resource Server is not registered for tokens of the Trusted Application."
    assert f"Answers so far 1,234 {why} 3 The token has expired. 2 Accepted." in words
    assert "revoked" not in words.partition("Answers so far")[2].partition("Secrets")[0]


def test_t22_the_page_shows_hints_of_secrets_and_offers_what_can_be_done(
    administrator_client: Client, server: Any
) -> None:
    content = administrator_client.get(page_of(server)).content.decode()
    assert f"enrs_…{server.plain_secret[-4:]}" in content
    assert "secrets/new/" in content
    assert "/remove/" not in content
    second = second_secret(server)
    content = administrator_client.get(page_of(server)).content.decode()
    assert f"enrs_…{second[-4:]}" in content
    assert "secrets/new/" not in content
    assert content.count("/remove/") == 2
    assert not SECRET.search(content)


def test_the_snippets_are_for_this_server_and_this_instance_and_hold_no_secret(
    administrator_client: Client, server: Any, settings: Any
) -> None:
    settings.BASE_URL = "https://tokens.acme.test"
    response = administrator_client.get(page_of(server))
    shown = [unescape(text) for text in re.findall(r"<pre [^>]*>(.*?)</pre>", response.content.decode(), re.DOTALL)]
    assert len(shown) == len(snippets.snippet_files()) > 0
    filled_in = [text for text in shown if "https://tokens.acme.test" in text or server.client_id in text]
    # HAProxy's Lua file is the same for every server: the configuration beside it names the address.
    assert len(filled_in) == len(shown) - 1
    assert [text for text in shown if snippets.EXAMPLE_HOST in text or snippets.EXAMPLE_CLIENT_ID in text] == []
    assert [text for text in shown if SECRET.search(text) or server.plain_secret in text] == []


def test_every_file_of_the_snippets_has_a_name() -> None:
    assert {path.name for path in snippets.FOLDER.iterdir() if path.is_file()} <= set(snippets.NAMES)


def test_a_snippet_stands_with_its_name(administrator_client: Client, server: Any) -> None:
    found = snippets.snippets_for(server.client_id)
    words = text_of(administrator_client.get(page_of(server)))
    assert [snippet for snippet in found if f"{snippet.name} {snippet.file}" not in words] == []


@pytest.mark.parametrize("query", ["name=%00", "name=&applications=x&required_scopes=%00", "name=" + "x" * 3000])
def test_t65_a_strange_address_is_no_server_error(administrator_client: Client, server: Any, query: str) -> None:
    for address in (LIST, NEW, page_of(server), edit_of(server), removal_of(server)):
        assert administrator_client.get(f"{address}?{query}").status_code == 200


def test_t65_an_id_beyond_what_the_database_counts_is_404(administrator_client: Client, server: Any) -> None:
    for address in (f"{LIST}{10**30}/", f"{LIST}{10**30}/edit/", f"{page_of(server)}secrets/{10**30}/remove/"):
        assert administrator_client.get(address).status_code == 404


# --- Poisoned texts (T41) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POISONED)
def test_t41_a_poisoned_name_is_text_on_every_page(
    administrator_client: Client, application: TrustedApplication, name: str
) -> None:
    TrustedApplication.objects.filter(pk=application.pk).update(name=name)
    created = administrator_client.post(NEW, filled_in(application, name=name))
    server = ResourceServer.objects.get()
    second = administrator_client.post(f"{page_of(server)}secrets/new/")
    saved = administrator_client.post(edit_of(server), filled_in(application, name=name), follow=True)
    refused = administrator_client.post(edit_of(server), filled_in(application, name=name, applications=None))
    addresses = (LIST, page_of(server), edit_of(server), removal_of(server))
    pages = [created, second, saved, refused, *(administrator_client.get(address) for address in addresses)]
    for page in pages:
        assert name in text_of(page) or name in form_of(page)["name"]
        if "<" in name:
            assert name not in page.content.decode()
    assert f"The changes to {name} were saved." in text_of(saved)


def test_the_page_of_a_server_with_many_applications_costs_few_queries(
    administrator_client: Client, server: Any
) -> None:
    for application in ApplicationFactory.create_batch(30):
        server.applications.add(application)
    with Statements() as statements:
        administrator_client.get(page_of(server))
    assert len(statements.sql) <= 9
