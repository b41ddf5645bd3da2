"""What a page shows where its list takes longer to read than anybody waits; a list is never shown in half."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.forms import choosing
from accounts.models import User
from accounts.pages import middleware
from reference_tokens.lists import in_time
from reference_tokens.lists.capped_count import capped_count
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.shortlist import shortlist
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.factories import ResourceServerFactory, issued_pat
from tests.pages import form_of, signed_in, text_of
from tests.slow_tables import slow
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db(transaction=True)

TOKENS, GROUPS, PEOPLE = "reference_tokens_referencetoken", "auth_group", "accounts_user_groups"
APPLICATIONS, SERVERS = "trusted_apps_trustedapplication", "reference_tokens_resourceserver"
NARROW = "This list takes too long"


@pytest.fixture(autouse=True)
def nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, sooner reached."""
    monkeypatch.setattr(middleware, "PAGE_SECONDS", 0.6)
    monkeypatch.setattr(in_time, "ROWS_SECONDS", 0.1)
    monkeypatch.setattr(in_time, "COUNT_SECONDS", 0.1)
    monkeypatch.setattr(choosing, "OFFERED_SECONDS", 0.1)


@pytest.fixture
def ada_client(administrator: User) -> Client:
    """A browser of the administrator that gets an answer to a fault too, as every browser does."""
    client = signed_in(administrator)
    client.raise_request_exception = False
    return client


@pytest.fixture(autouse=True)
def one_of_each(alice: User, application: TrustedApplication) -> TrustedApplication:
    """A table without rows is read at once, however slow it is."""
    issued_pat(alice, application, description="deploy")
    alice.groups.add(Group.objects.create(name="Everybody"))
    server = ResourceServerFactory.create(name="Orders", asks_for_all_applications=False)
    server.applications.add(application)
    return application


@pytest.mark.parametrize(
    ("table", "address", "query", "what_to_do"),
    [
        (TOKENS, "tokens/", {"q": "deploy", "kind": "PAT"}, "choose an application, an owner or a state."),
        (TOKENS, "tokens/", {"q": "zq x"}, "search for at least three letters of a word."),
        (GROUPS, "groups/", {"q": "deploy"}, "Search for other words"),
        (APPLICATIONS, "trusted-apps/", {"q": "deploy"}, "Search for other words"),
        (SERVERS, "resource-servers/", {"q": "deploy"}, "Search for other words"),
        (TOKENS, "tokens/", {}, "choose an application, an owner or a state."),
        (GROUPS, "groups/", {}, "turn the pages."),
    ],
)
def test_ava6_a_list_that_takes_too_long_says_how_to_narrow_it_down_and_keeps_the_filters(
    ada_client: Client, table: str, address: str, query: dict[str, str], what_to_do: str
) -> None:
    path = f"/manage/security/{address}"
    with slow(table):
        response = ada_client.get(path, query)
    text = text_of(response)
    assert (response.status_code, NARROW in text, what_to_do in text) == (200, True, True)
    assert " matches" not in text
    assert " yet" not in text
    assert {name: form_of(response)[name] for name in query} == {name: [value] for name, value in query.items()}
    assert ("Clear filters" in text) == bool(query)
    assert NARROW not in text_of(ada_client.get(f"{path}?{urlencode(query)}"))


def test_the_members_of_a_group_and_the_applications_of_a_server_may_take_too_long(ada_client: Client) -> None:
    group, server = Group.objects.get(), ResourceServer.objects.get()
    with slow(PEOPLE):
        response = ada_client.get(f"/manage/security/groups/{group.pk}/", {"q": "a"})
    assert "This list takes too long Search for other words, or choose a kind or a state." in text_of(response)
    with slow("reference_tokens_resourceserver_applications"):
        response = ada_client.get(f"/manage/security/resource-servers/{server.pk}/applications/")
    assert (response.status_code, NARROW in text_of(response)) == (200, True)


def test_a_list_names_no_filter_that_its_page_does_not_offer(
    ada_client: Client, one_of_each: TrustedApplication
) -> None:
    with slow(TOKENS):
        text = text_of(ada_client.get(f"/manage/security/trusted-apps/{one_of_each.pk}/"))
    assert f"{NARROW} Narrow it down: choose a state or another filter." in text


def test_a_count_that_takes_too_long_is_left_out(one_of_each: TrustedApplication) -> None:
    with slow(GROUPS):
        count = capped_count(Group.objects.all())
    assert (f"{count} groups", count.label) == ("many groups", "many tokens")
    assert count.plural > 1
    with slow(TOKENS):
        listed = shortlist(ReferenceToken.objects.all(), TokenFilters(), timezone.now(), is_of_one_owner=False)
    assert listed.number.label == "many tokens"


@pytest.mark.parametrize(
    ("address", "view"),
    [
        ("/manage/", "manage:home"),
        ("/manage/choices/applications/?applications_search=x", "manage:choices_applications"),
        ("/profile/security/tokens/", "profile:token_list"),
    ],
)
def test_ava6_a_page_that_takes_too_long_says_so_and_is_no_fault(
    ada_client: Client, log_lines: list[str], address: str, view: str
) -> None:
    with slow(TOKENS), slow(APPLICATIONS):
        response = ada_client.get(address)
    text = text_of(response)
    assert (response.status_code, "Retry-After" in response.headers) == (503, False)
    assert "This page takes too long, so the service has stopped reading it. Nothing was changed." in text
    assert "Go back and narrow down what it shows" in text
    assert [line for line in log_lines if f"a page takes too long: {view}" in line]
    assert ada_client.get(address).status_code == 200


def test_ava6_what_acts_is_not_stopped(ada_client: Client, alice: User) -> None:
    path = f"/manage/security/users/{alice.pk}/edit/"
    form = form_of(ada_client.get(path)) | {"name": ["Al"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(middleware, "PAGE_SECONDS", 0.0)
        assert ada_client.post(path, form).status_code == 302
    alice.refresh_from_db()
    assert alice.name == "Al"
