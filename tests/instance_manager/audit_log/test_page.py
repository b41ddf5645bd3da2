"""The audit log: each entry a sentence, newest first, and all that it holds where it is opened (AUD-3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.audit.record import OPERATOR, Actor, Source, Target
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.renaming import rename_token
from reference_tokens.webhooks.registration import create_webhook
from tests.factories import issued_pat
from tests.instance_manager.audit_log.entries import LOG, NOW, entries, entry, listed, sentences, words
from tests.introspection import Statements
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


def test_aud3_each_entry_is_a_sentence_with_links_to_who_acted_and_on_what(
    administrator: User, administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Nightly").token
    actor = Actor.person(administrator, Source.MANAGE, address="192.0.2.7")
    entry("token:revoke", Target("token", str(token.pk)), actor=actor, reason="Lost")
    response = administrator_client.get(LOG)
    said = "Ada (ada) revoked the token Nightly for Excel from 192.0.2.7 in the Instance Manager"
    assert sentences(response)[0] == said
    assert "Lost" in text_of(response)
    for path in (f"/manage/security/users/{administrator.pk}/", f"/manage/security/tokens/{token.pk}/"):
        assert f'href="{path}"' in response.content.decode()


def test_what_changed_is_said_before_and_after(
    administrator: User, administrator_client: Client, alice: User, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application, description="Old name").token
    rename_token(actor=Actor.person(administrator, Source.MANAGE), token_id=token.pk, description="New name", now=NOW)
    assert "Old name → changed to New name" in words(administrator_client)


def test_values_of_a_change_are_told_in_words(administrator_client: Client, alice: User) -> None:
    before = {"owners": [], "is_enabled": True, "description": "", "scopes": ["read", "update"]}
    after = {"owners": [str(alice.pk)], "is_enabled": False, "description": "=1", "scopes": []}
    entry("application:update", Target("application", ""), before=before, after=after)
    said = words(administrator_client)
    assert "owners – → changed to Alice (alice)" in said  # noqa: RUF001 - as tables show it
    assert "is_enabled Yes → changed to No" in said
    assert "scopes read, update → changed to –" in said  # noqa: RUF001 - as tables show it


def test_what_began_is_told_by_what_it_holds_and_its_name_once(administrator_client: Client) -> None:
    create_webhook(actor=OPERATOR, now=NOW, url="https://8.8.8.8/hook", types=["token.issued"], description="")
    said = words(administrator_client)
    assert (
        "The command line added the webhook https://8.8.8.8 "
        "url – → changed to https://8.8.8.8 types – → changed to token.issued Details"  # noqa: RUF001 - as tables show it
    ) in said


def test_what_ended_and_what_is_no_list_of_fields_is_told_too(administrator_client: Client) -> None:
    entry("webhook:delete", Target("webhook", ""), before={"url": "https://stock.example"})
    entry("token:shorten_many", Target("shortening", ""), before={"latest": None}, after="2027-01-31")
    said = words(administrator_client)
    assert "url https://stock.example → changed to –" in said  # noqa: RUF001 - as tables show it
    assert '{"latest": null} → changed to 2027-01-31' in said


def test_an_id_of_nothing_stands_as_it_is(administrator_client: Client) -> None:
    entry("token:issue", Target("token", ""), holder="0b0e7a4e-0000-4000-8000-000000000007", application="no id")
    said = words(administrator_client)
    assert "holder 0b0e7a4e-0000-4000-8000-000000000007" in said
    assert "application no id" in said


def test_all_that_an_entry_holds_stands_in_its_details(administrator_client: Client) -> None:
    actor = Actor(Source.API, "anonymous", address="2001:db8::1", request_id="from-the-proxy")
    entry("user:attempts_limited", actor=actor, limit="sign-in", attempts=10)
    entry("token:export", chosen_by={"kind": "PAT"})
    said = words(administrator_client)
    for held in ("user:attempts_limited", "2001:db8::1", "from-the-proxy", "limit sign-in", "attempts 10", "API"):
        assert held in said
    assert 'chosen_by {"kind": "PAT"}' in said


def test_an_entry_of_another_version_is_told_by_its_codes(administrator_client: Client) -> None:
    event = entry("planet:teleport", Target("planet", "Mars"), actor=Actor(Source.SYSTEM, "alien", "7"))
    AuditEvent.objects.get(pk=event.pk)
    assert "A deleted user: planet:teleport (planet)" in sentences(administrator_client.get(LOG))


@pytest.mark.parametrize("asked", [{"since": "2027-01-31", "until": "2027-01-31T12:00"}, {"person": "nobody"}])
def test_without_entries_that_match_the_page_leads_to_all(administrator_client: Client, asked: dict[str, str]) -> None:
    entry()
    said = words(administrator_client, **asked)
    assert "No entry matches" in said
    assert "Clear filters" in said
    assert "0 entries" in said


def test_an_empty_log_says_what_will_appear(administrator_client: Client) -> None:
    assert "Nothing happened yet" in words(administrator_client)


def test_pages_are_turned_by_the_numbers_of_entries(administrator_client: Client) -> None:
    numbers = entries(120)
    first = administrator_client.get(LOG)
    second = administrator_client.get(LOG, {"after": numbers[49]})
    third = administrator_client.get(LOG, {"after": numbers[99]})
    assert [listed(page) for page in (first, second, third)] == [numbers[:50], numbers[50:100], numbers[100:]]
    assert f"?before={numbers[50]}" in second.content.decode()
    assert listed(administrator_client.get(LOG, {"before": numbers[50]})) == numbers[:50]
    assert listed(administrator_client.get(LOG, {"before": numbers[100]})) == numbers[50:100]
    assert (
        [word for word in ("Newer", "Older") if word in text_of(second)],
        *(word for page, word in ((third, "Newer"), (first, "Older")) if word in text_of(page)),
    ) == (["Newer", "Older"], "Newer", "Older")


@pytest.mark.parametrize("place", ["0", "x", "-1", "9" * 30, "٣"])
def test_a_place_that_is_none_is_the_first_page(administrator_client: Client, place: str) -> None:
    numbers = entries(3)
    assert listed(administrator_client.get(LOG, {"after": place})) == numbers


def test_the_filters_stay_while_pages_are_turned(administrator_client: Client) -> None:
    entries(60)
    assert (
        "?action=user%3Asign_out&amp;after="
        in administrator_client.get(LOG, {"action": "user:sign_out"}).content.decode()
    )


def test_a_page_of_entries_costs_the_same_for_few_and_many(
    administrator_client: Client, alice: User, bob: User
) -> None:
    def queries() -> int:
        with Statements() as statements:
            administrator_client.get(LOG)
        return len(statements.sql)

    for person in (alice, bob):
        entry(actor=Actor.person(person, Source.PROFILE), target=Target.user(person.pk))
    few = queries()
    for person in (alice, bob) * 15:
        entry(actor=Actor.person(person, Source.PROFILE), target=Target.user(person.pk))
    assert queries() == few


def test_a_log_that_takes_too_long_says_how_to_narrow_it(
    administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry()
    monkeypatch.setattr("instance_manager.audit_log.page.rows_in_time", lambda _read: None)
    said = words(administrator_client)
    assert "This list takes too long" in said
    assert "choose a person, a token or an action" in said
    assert "many entries" in said


def test_the_navigation_leads_there(administrator_client: Client) -> None:
    page: Any = administrator_client.get("/manage/")
    assert f'href="{urlsplit(LOG).path}"' in page.content.decode()
