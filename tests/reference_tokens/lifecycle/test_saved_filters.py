"""Filters of lists that people keep under a name, each for themselves."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle import saved_filters
from reference_tokens.lifecycle.offboarding import delete_with_tokens
from reference_tokens.models import ReferenceToken, SavedFilter
from tests.factories import issued_pat
from tests.pages import HTMX, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

OWN, ALL = "/profile/security/tokens/", "/manage/security/tokens/"


def save(client: Client, address: str, query: str, name: str) -> list[str]:
    """Save the filters of this list under a name; returns what was refused."""
    response = client.post(f"{address}filters/new/?{query}", {"name": name})
    return [] if response.status_code == 302 else [str(one) for one in response.context["form"].errors["name"]]


@pytest.mark.parametrize("address", [OWN, ALL])
def test_a_saved_filter_is_a_link_above_the_list_and_is_removed_again(
    administrator: User, administrator_client: Client, application: TrustedApplication, address: str
) -> None:
    issued_pat(administrator, application)
    text = administrator_client.get(f"{address}?unused=90&application={application.pk}").content.decode()
    [link] = re.findall(r'href="([^"]*filters/new/[^"]*)"', text)
    form = administrator_client.get(link.replace("&amp;", "&"))
    assert "Application: Excel · Unused for 90 days" in text_of(form)
    sent = administrator_client.post(link.replace("&amp;", "&"), {"name": " Stale  "}, follow=True)
    assert sent.request["QUERY_STRING"] == f"application={application.pk}&unused=90"
    assert "The filter Stale was saved." in text_of(sent)
    page = administrator_client.get(address).content.decode()
    assert f'<a href="?application={application.pk}&amp;unused=90"><bdi>Stale</bdi></a>' in page
    assert '&amp;unused=90" aria-current="page"><bdi>Stale</bdi></a>' in sent.content.decode()
    [remove] = re.findall(r'href="([^"]*/remove/)"', page)
    assert "Remove the saved filter Stale?" in text_of(administrator_client.get(remove))
    removed = administrator_client.post(remove, follow=True)
    assert "The filter Stale was removed." in text_of(removed)
    # There it can be saved under another name.
    assert removed.request["QUERY_STRING"] == f"application={application.pk}&unused=90"
    assert "filters/new/" in removed.content.decode()
    assert not SavedFilter.objects.exists()
    assert ReferenceToken.objects.count() == 1


@pytest.mark.parametrize("address", [OWN, ALL])
def test_filters_that_are_saved_already_are_not_offered_to_be_saved_again(
    administrator: User, administrator_client: Client, application: TrustedApplication, address: str
) -> None:
    token = issued_pat(administrator, application, description="Night job").token
    issued_pat(administrator, application, description="Night watch")
    assert offers_to_save(administrator_client.get(f"{address}?q=night"))
    assert save(administrator_client, address, "q=night", "Nightly") == []
    assert not offers_to_save(administrator_client.get(f"{address}?q=night"))
    assert offers_to_save(administrator_client.get(f"{address}?q=watch"))
    behind = HTMX | {"HX-Current-URL": f"http://testserver{address}?q=night"}
    changed = administrator_client.post(f"{address}{token.pk}/revoke/", headers=behind)
    assert "Night watch" in text_of(changed)
    assert not offers_to_save(changed)


def offers_to_save(response: Any) -> bool:
    """Whether the list of the answer has a link to a form that saves its filters."""
    return "Save filter" in text_of(response)


def test_each_site_has_its_own_and_nobody_sees_those_of_others(
    alice_client: Client, administrator: User, administrator_client: Client
) -> None:
    assert save(administrator_client, ALL, "q=a", "Of all") == save(administrator_client, OWN, "q=b", "Mine") == []
    assert save(alice_client, OWN, "q=c", "Mine") == []
    for client, address, name in (
        (administrator_client, ALL, "Of all"),
        (administrator_client, OWN, "Mine"),
        (alice_client, OWN, "Mine"),
    ):
        assert [one["name"] for one in client.get(address).context["saved"]] == [name]
    of_another = SavedFilter.objects.get(user=administrator, site="profile")
    assert alice_client.post(f"{OWN}filters/{of_another.pk}/remove/").status_code == 404
    assert administrator_client.post(f"{ALL}filters/{of_another.pk}/remove/").status_code == 404
    assert SavedFilter.objects.count() == 3
    assert save(administrator_client, OWN, "q=d", "Of all") == []


def test_a_name_is_readable_and_given_once_and_a_person_saves_so_many(
    alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert save(alice_client, OWN, "q=a", "Straße") == []
    assert save(alice_client, OWN, "q=b", "STRASSE") == ["You have a saved filter of this name."]
    assert save(alice_client, OWN, "q=b", " ") == ["Enter a name."]
    assert save(alice_client, OWN, "q=b", "a\u202eb") == ["Remove the invisible characters."]
    monkeypatch.setattr(saved_filters, "MOST_SAVED", 1)
    assert save(alice_client, OWN, "q=b", "Other") == ["You have 1 saved filters, which is the most. Remove one first."]
    assert SavedFilter.objects.count() == 1


def test_a_form_that_is_sent_again_saves_no_second_filter_and_refuses_nothing(alice_client: Client) -> None:
    assert save(alice_client, OWN, "q=a", "Mine") == save(alice_client, OWN, "q=a", "Mine") == []
    assert SavedFilter.objects.count() == 1


def test_filters_as_long_as_a_list_takes_them_are_saved(administrator_client: Client) -> None:
    longest = {"application": 200, "owner": 150, "scope": 200, "q": 200, "group": 150}
    query = urlencode({name: "\N{MATHEMATICAL BOLD SMALL A}" * most for name, most in longest.items()})
    assert save(administrator_client, ALL, query, "Long") == []
    assert SavedFilter.objects.get().query == f"?{query}"


@pytest.mark.parametrize("query", ["", "sort=used", "state=ended", "state=x", "after=0.1"])
def test_what_filters_nothing_is_not_saved(alice_client: Client, query: str) -> None:
    assert alice_client.get(f"{OWN}filters/new/?{query}").status_code == 302
    assert alice_client.post(f"{OWN}filters/new/?{query}", {"name": "x"}).status_code == 302
    assert not SavedFilter.objects.exists()


def test_only_filters_of_the_list_are_saved_in_their_own_form(alice_client: Client) -> None:
    assert save(alice_client, OWN, "x=y&owner=bob&q=a&after=1&sort=used&state=nothing", "Mine") == []
    assert str(SavedFilter.objects.get()) == "Mine"
    assert SavedFilter.objects.get().query == "?q=a&sort=used"


def test_a_person_who_is_deleted_leaves_no_saved_filter_and_none_is_recorded(
    alice: User, bob: User, alice_client: Client
) -> None:
    assert save(alice_client, OWN, "q=a", "Mine") == []
    SavedFilter.objects.create(user=bob, site="profile", name="His", query="?q=b")
    assert "Mine" not in str(list(AuditEvent.objects.values()))
    delete_with_tokens(actor=OPERATOR, user=alice, now=timezone.now())
    assert list(SavedFilter.objects.values_list("name", flat=True)) == ["His"]
