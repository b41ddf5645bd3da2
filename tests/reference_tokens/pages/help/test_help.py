"""The help in a browser: who reads it, how it is found, and the links that lead to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import translation

from reference_tokens.models import ReferenceToken
from reference_tokens.pages.help.library import SLUGS, pages_in
from reference_tokens.pages.help.search import LONGEST, MOST_FOUND, find
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from tests.factories import issued_pat
from tests.pages import signed_in, text_of
from trusted_apps.models import AccessTokensPolicy

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PATHS = ["/help/", *(f"/help/{slug}/" for slug in SLUGS)]
WHY = 'class="help-link" href="/help/troubleshooting/#{}" target="_blank" rel="noopener"'


@pytest.mark.parametrize("path", PATHS)
def test_signed_out_people_read_it_without_a_session_or_a_query(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get(path)
    assert response.status_code == 200
    assert not Session.objects.exists()
    assert "<script>" not in response.text


@pytest.mark.parametrize("path", PATHS)
def test_a_setting_keeps_it_for_people_who_are_signed_in(
    client: Client, alice: User, settings: Settings, path: str
) -> None:
    settings.HELP_SIGNED_OUT = False
    assert client.get(path).headers["Location"].startswith("/accounts/login/?next=%2Fhelp%2F")
    assert 'href="/help/"' not in client.get("/accounts/login/").text
    assert signed_in(alice).get(path).status_code == 200


def test_there_is_a_link_to_it_on_every_page(
    alice_client: Client, administrator_client: Client, client: Client
) -> None:
    for response in (
        alice_client.get("/profile/"),
        administrator_client.get("/manage/"),
        client.get("/accounts/login/"),
    ):
        assert 'href="/help/"' in response.text


def test_the_ways_back_are_those_of_the_reader(
    alice_client: Client, administrator_client: Client, client: Client
) -> None:
    assert "/manage/" not in alice_client.get("/help/").text
    assert 'href="/manage/"' in administrator_client.get("/help/").text
    assert 'href="/accounts/login/"' in client.get("/help/").text


def test_pages_lead_to_the_ones_before_and_behind_them(client: Client) -> None:
    first, last = client.get(PATHS[1]).text, client.get(PATHS[-1]).text
    assert ('rel="prev"' in first, f'rel="next" href="{PATHS[2]}"' in first) == (False, True)
    assert ('rel="next"' in last, f'rel="prev" href="{PATHS[-2]}"' in last) == (False, True)


def test_a_page_that_there_is_not_is_not_found(client: Client) -> None:
    assert client.get("/help/no-such-page/").status_code == 404


def test_a_page_says_which_language_it_is_in(client: Client) -> None:
    assert '<article class="help-page" lang="en">' in client.get(PATHS[1]).text


def test_the_search_finds_what_a_heading_says_first(client: Client) -> None:
    with translation.override("en"):
        found = find("LOST  token", pages_in("en").values())
    assert found[0].url == "/help/troubleshooting/#i-lost-my-token-value"
    assert found[0].url in client.get("/help/?q=LOST++token").text


def test_the_search_finds_the_beginning_of_a_page_and_words_of_its_title_beside_those_of_a_heading() -> None:
    pages = pages_in("en").values()
    assert find("getting started", pages)[0].url == "/help/getting-started/"
    assert find("issue where", pages)[0].url == "/help/issue-a-pat/#where"


def test_the_search_says_that_nothing_was_found(client: Client) -> None:
    said = text_of(client.get("/help/?q=xyzzy"))
    assert "0 answers hold “xyzzy”" in said
    assert "Try fewer or other words" in said


@pytest.mark.parametrize("asked", ["", "   "])
def test_an_empty_search_shows_the_pages(client: Client, asked: str) -> None:
    response = client.get("/help/", {"q": asked})
    assert "hold “" not in response.text
    assert 'href="/help/getting-started/"' in response.text


def test_the_search_is_bounded(client: Client) -> None:
    assert len(find("the", pages_in("en").values())) == MOST_FOUND
    assert client.get("/help/", {"q": "token " * 5_000}).text.count("token ") < 500
    assert find("x" * LONGEST + " token", []) == []


def test_t37_a_token_is_no_search(client: Client) -> None:
    response = client.get("/help/", {"q": token_format.generate()})
    assert (response.status_code, response.headers["Location"]) == (302, "/help/")


def test_the_reason_of_a_disabled_button_leads_to_its_answer(
    administrator_client: Client, application: TrustedApplication
) -> None:
    application.access_tokens_policy = AccessTokensPolicy.NONE
    application.save()
    for path in ("", "tokens/new/"):
        page = administrator_client.get(f"/manage/security/trusted-apps/{application.pk}/{path}").text
        assert WHY.format("the-accesstokens-policy-is-none") in page


def test_who_may_issue_for_no_application_is_led_to_the_answer(alice_client: Client) -> None:
    assert WHY.format("no-application-lets-you-issue-tokens") in alice_client.get("/profile/security/tokens/").text


def test_why_a_token_cannot_be_rotated_leads_to_its_answer(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    ReferenceToken.objects.update(suspended_at=token.issued_at)
    page = alice_client.get(f"/profile/security/tokens/{token.pk}/rotate/").text
    assert WHY.format("the-token-must-be-resumed-first") in page


def test_the_answer_of_a_check_leads_to_what_to_do(alice_client: Client) -> None:
    page = alice_client.post("/profile/security/check-token/", {"secret": "enrt_1D41"}).text
    assert WHY.format("the-token-is-mistyped") in page


def test_an_error_of_a_form_leads_to_its_answer(
    alice: User, alice_client: Client, application: TrustedApplication, settings: Settings
) -> None:
    settings.MAX_LIVE_PATS_PER_PERSON = 1
    issued_pat(alice, application)
    sent = {"application": application.pk, "expires": "30", "scopes": ["read"], "description": ""}
    page = alice_client.post("/profile/security/tokens/new/", sent)
    assert (page.status_code, page.text.count(WHY.format("you-have-too-many-tokens"))) == (422, 1)


def test_what_was_refused_leads_to_its_answer(
    alice: User, alice_client: Client, client: Client, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    ReferenceToken.objects.update(suspended_at=issued.token.issued_at)
    client.get("/api/token", headers={"authorization": f"Bearer {issued.plaintext}"})
    recorder.flush()
    assert WHY.format("the-token-is-suspended") in alice_client.get(f"/profile/security/tokens/{issued.token.pk}/").text
