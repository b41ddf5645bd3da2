"""T58: a token that was reported as leaked is marked as exposed wherever it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lists.finding.filters import TokenFilters
from reference_tokens.lists.finding.states import ListState
from reference_tokens.lists.finding.ways import ways_to
from reference_tokens.lists.rows import token_row
from reference_tokens.models import ReferenceToken
from tests.command_line import Runner
from tests.factories import issued_pat, rotated
from tests.introspection import plan
from tests.pages import text_of
from tests.reference_tokens.leaks.reporting import PLACE, report
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def exposed(client: Client, alice: User, application: TrustedApplication, issued: IssuedToken) -> IssuedToken:
    """One of two tokens."""
    issued_pat(alice, application, description="Unharmed")
    report(client, issued.plaintext)
    return issued


def badges(issued: IssuedToken) -> list[str]:
    row = token_row(ReferenceToken.objects.get(pk=issued.token.pk), timezone.now())
    return [badge.label for badge in row.badges]


def test_its_row_says_so_before_all_else(exposed: IssuedToken) -> None:
    assert badges(exposed) == ["Exposed", "Revoked"]


def test_its_row_says_why_it_ended_and_leaves_the_place_to_its_page(exposed: IssuedToken) -> None:
    row = token_row(ReferenceToken.objects.get(pk=exposed.token.pk), timezone.now())
    assert row.ended_text == "Revoked by API: Reported as leaked"


def test_an_old_value_says_both(client: Client, issued: IssuedToken) -> None:
    rotated(issued.token)
    report(client, issued.plaintext)
    assert badges(issued) == ["Exposed", "Revoked"]


@pytest.mark.parametrize("site", ["profile", "manage"])
def test_the_lists_of_ended_tokens_are_narrowed_to_exposed_ones(
    alice: User, administrator_client: Client, alice_client: Client, exposed: IssuedToken, site: str
) -> None:
    browser = alice_client if site == "profile" else administrator_client
    page = text_of(browser.get(f"/{site}/security/tokens/?state=exposed"))
    assert "Nightly export" in page
    assert "Unharmed" not in page
    ended = browser.get(f"/{site}/security/tokens/?state=ended").content.decode()
    assert '<option value="exposed">Exposed</option>' in ended
    assert "Exposed" not in text_of(browser.get(f"/{site}/security/tokens/"))


@pytest.mark.parametrize("site", ["profile", "manage"])
def test_its_page_says_when_it_was_reported_and_where_it_was_seen(
    administrator_client: Client, alice_client: Client, exposed: IssuedToken, site: str
) -> None:
    browser = alice_client if site == "profile" else administrator_client
    page = text_of(browser.get(f"/{site}/security/tokens/{exposed.token.pk}/"))
    assert f"Seen at {PLACE}" in page
    assert "by Somebody who found it" in page
    assert "Leak reported" in page
    assert "1 token of 1 reported" in page


def test_its_page_says_that_the_report_does_not_say_where(
    client: Client, alice_client: Client, issued: IssuedToken
) -> None:
    report(client, issued.plaintext, url="")
    page = text_of(alice_client.get(f"/profile/security/tokens/{issued.token.pk}/"))
    assert "The report does not say where it was seen." in page


def test_t41_a_place_is_no_markup_and_no_link(client: Client, alice_client: Client, issued: IssuedToken) -> None:
    report(client, issued.plaintext, url="javascript:<b>alert(1)</b>")
    page = alice_client.get(f"/profile/security/tokens/{issued.token.pk}/").content.decode()
    assert "javascript:&lt;b&gt;" in page
    assert 'href="javascript' not in page


def test_an_export_says_when_and_where(administrator_client: Client, exposed: IssuedToken) -> None:
    fields = {"format": "jsonl", "state": "exposed"}
    response: Any = administrator_client.post("/manage/security/tokens/export/", fields)
    (row,) = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert (row["id"], row["seen_at"]) == (str(exposed.token.pk), PLACE)
    assert row["exposed_at"] == row["revoked_at"] != ""


def test_list_tokens_lists_exposed_tokens_of_any_state(command: Runner, exposed: IssuedToken) -> None:
    (listed,) = command("list_tokens", "--exposed", "--json").json["tokens"]
    assert (listed["id"], listed["state"], listed["seen_at"]) == (str(exposed.token.pk), "revoked", PLACE)
    assert listed["exposed_at"]
    assert command("list_tokens", "--exposed", "--state", "live", "--json").json["tokens"] == []
    (other,) = command("list_tokens", "--json").json["tokens"]
    assert (other["exposed_at"], other["seen_at"]) == (None, "")


@pytest.mark.parametrize("of_one_application", [False, True])
def test_exposed_tokens_are_found_by_an_index_of_theirs(
    application: TrustedApplication, exposed: IssuedToken, of_one_application: bool
) -> None:
    tokens = ReferenceToken.objects.of(application) if of_one_application else ReferenceToken.objects.all()
    (found,) = ways_to(tokens, TokenFilters(state=ListState.EXPOSED), timezone.now()).found
    name = "token_of_app_by_exposed" if of_one_application else "token_by_exposed"
    assert name in plan(found.values("pk")[:1001])
    assert [token.pk for token in found] == [exposed.token.pk]


def test_the_tokens_of_a_report_are_found_by_an_index_of_theirs(exposed: IssuedToken) -> None:
    report_id = ReferenceToken.objects.get(pk=exposed.token.pk).leak_report_id
    found = ReferenceToken.objects.filter(leak_report_id=report_id)
    assert "token_of_leak_report" in plan(found)
    assert list(found) == [exposed.token]
