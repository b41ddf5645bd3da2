"""Tokens: every one of the instance in one list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.lists.finding import order as token_order
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import HTMX, form_of, links_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/manage/security/tokens/"
ORIGIN = "http://testserver"


def test_every_token_stands_in_one_list(
    alice: User, bob: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application, description="Laptop")
    issued_pat(bob, ApplicationFactory.create(name="Word"), description="Phone")
    issued_sat(application, description="Nightly")
    response = administrator_client.get(LIST)
    words = text_of(response)
    for part in ("Laptop", "Phone", "Nightly", "Alice (alice)", "Bob (bob)", "Excel", "Word", "3 tokens"):
        assert part in words
    assert f'href="/manage/security/trusted-apps/{application.pk}/"' in response.content.decode()
    assert f'<a class="nav-item" href="{LIST}" aria-current="page">' in response.content.decode()


def test_without_tokens_the_page_says_what_will_stand_there(administrator_client: Client) -> None:
    words = text_of(administrator_client.get(LIST))
    assert "No tokens yet Personal and service access tokens of this instance appear here" in words
    assert "Add filter" not in words


def test_where_nothing_matches_the_page_says_so_and_the_filters_can_be_cleared(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    response = administrator_client.get(f"{LIST}?q=nothing&owner=alice")
    assert "No token matches" in text_of(response)
    assert '<a class="button" href="?">' in response.content.decode()
    assert form_of(response)["q"] == ["nothing"]
    assert form_of(response)["owner"] == ["alice"]


def test_a_full_page_costs_eight_queries(alice: User, administrator_client: Client) -> None:
    for application in ApplicationFactory.create_batch(3, with_system_user=True):
        issued_sat(application)
    with Statements() as few:
        administrator_client.get(LIST)
    template = ReferenceToken.objects.first()
    assert template
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT",
            application=template.application,
            holder=alice,
            scopes=("read",),
            digest=number.to_bytes(32, "big"),
            hash_key=template.hash_key,
            hint="enrt_0000…0000",
            issued_at=template.issued_at - timedelta(seconds=number),
        )
        for number in range(150)
    )
    for query in ("", "?sort=unused&kind=PAT", "?state=never_used&q=enrt&owner=alice"):
        with Statements() as many:
            response = administrator_client.get(f"{LIST}{query}")
        assert text_of(response).count("enrt_0000…0000") >= 47
        reads = [sql for sql in many.sql if sql.startswith("SELECT")]
        assert len(reads) <= 8, reads
    assert len([sql for sql in few.sql if sql.startswith("SELECT")]) <= 8


def test_a_deeper_page_costs_no_more(
    alice: User, administrator_client: Client, application: TrustedApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_order, "PAGE_SIZE", 2)
    for _number in range(5):
        issued_pat(alice, application)
    address = administrator_client.get(LIST).context["page"]["older_url"]
    with Statements() as statements:
        response = administrator_client.get(LIST + address)
    assert len(response.context["tokens"]) == 2
    assert len([sql for sql in statements.sql if sql.startswith("SELECT")]) <= 8


@pytest.mark.parametrize("act", ["revoke", "suspend"])
@pytest.mark.parametrize(
    ("page", "seen"),
    [
        (f"{LIST}?q=phone", True),
        (f"{LIST}?q=phone#main", True),
        (f"{LIST}?q=phone&x={'x' * 4000}", True),
        (LIST, True),
        ("/manage/", False),
    ],
)
def test_an_act_in_the_dialog_answers_with_the_list_that_it_stands_over(
    alice: User, administrator_client: Client, application: TrustedApplication, act: str, page: str, seen: bool
) -> None:
    token = issued_pat(alice, application, description="Laptop").token
    issued_pat(alice, ApplicationFactory.create(), description="Phone of somebody")
    headers = HTMX | {"HX-Current-URL": f"{ORIGIN}{page}"}
    response = administrator_client.post(f"/manage/security/tokens/{token.pk}/{act}/", headers=headers)
    assert ("Phone of somebody" in text_of(response)) is seen


def test_an_act_answers_with_its_list_behind_a_proxy_that_leaves_the_port_out(
    alice: User, administrator_client: Client, application: TrustedApplication, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://tokens.example.com:8443"]
    token = issued_pat(alice, application, description="Laptop").token
    issued_pat(alice, ApplicationFactory.create(), description="Phone of somebody")
    headers = HTMX | {"HX-Current-URL": f"https://tokens.example.com:8443{LIST}"}
    response = administrator_client.post(f"/manage/security/tokens/{token.pk}/revoke/", headers=headers)
    assert "Phone of somebody" in text_of(response)


@pytest.mark.parametrize("current", ["http://[", "http://elsewhere.example/manage/security/tokens/", "x"])
def test_an_act_from_a_strange_page_answers_with_the_list_of_the_application(
    alice: User, administrator_client: Client, application: TrustedApplication, current: str
) -> None:
    token = issued_pat(alice, application).token
    headers = HTMX | {"HX-Current-URL": current}
    response = administrator_client.post(f"/manage/security/tokens/{token.pk}/revoke/", headers=headers)
    assert "Application access tokens" in response.content.decode()


# --- A whole token ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["inventory", "application", "profile"])
def test_t37_a_token_in_the_search_is_dropped_from_the_address_with_a_word(
    alice: User, administrator_client: Client, application: TrustedApplication, place: str
) -> None:
    url = {
        "inventory": LIST,
        "application": f"/manage/security/trusted-apps/{application.pk}/",
        "profile": "/profile/security/tokens/",
    }[place]
    plaintext = issued_pat(alice, application, description="Laptop").plaintext
    response = administrator_client.get(url, {"state": "live", "q": plaintext})
    assert (response.status_code, response.headers["Location"]) == (302, f"{url}?state=live")
    assert "Tokens cannot be searched by their value" in text_of(administrator_client.get(response.headers["Location"]))
    assert administrator_client.get(url, {"q": plaintext}).headers["Location"] == url
    signed_out = Client().get(url, {"q": plaintext})
    assert signed_out.headers["Location"] == url


def test_a_browser_does_not_send_a_token_as_search_words(
    alice: User, administrator_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    assert 'pattern="(?!.*(enrt_[0-9A-Fa-f]{5}|[0-9A-Fa-f]{32})).*"' in administrator_client.get(LIST).content.decode()


def test_the_list_leads_to_the_check_of_a_token_by_its_value(administrator_client: Client) -> None:
    assert "/manage/security/check-token/" in links_of(administrator_client.get(LIST), "Check a token")
