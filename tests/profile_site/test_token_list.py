"""A person's tokens: the list, its tabs and pages, and what stands there where there are none."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import DailyUse, ReferenceToken
from tests.factories import ApplicationFactory, alter, issued_pat, issued_sat
from tests.introspection import Statements
from tests.pages import markup_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LIST = "/profile/security/tokens/"


def test_the_columns_are_those_of_the_contract(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    issued_pat(alice, application)
    words = text_of(alice_client.get(LIST))
    assert "Description Trusted Application Scopes Expires Last used 30 days of use" in " ".join(words.split())
    assert "Create user access token" in words


def test_a_row_says_what_the_token_is(alice: User, alice_client: Client, application: TrustedApplication) -> None:
    token = issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token
    response = alice_client.get(LIST)
    words = text_of(response)
    for part in ("Laptop", token.hint, "Excel", "in 30 days", "Never used", "1 token"):
        assert part in words
    assert f'href="/profile/security/tokens/{token.pk}/revoke/"' in response.content.decode()


def test_tok13_a_row_draws_the_uses_of_thirty_days_and_tells_them(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    assert "30 days of use" in text_of(alice_client.get(LIST))
    assert '<svg class="sparkline"' not in alice_client.get(LIST).content.decode()
    DailyUse.objects.create(token=token, day=timezone.now().date(), accepted=3)
    content = markup_of(alice_client.get(LIST))
    assert content.count('<svg class="sparkline" role="img" aria-label="3 uses in 30 days, most on ') == 1


def test_tok7_a_token_without_a_description_shows_as_its_application_and_hint(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    token = issued_pat(alice, application).token
    assert f"<bdi>Excel {token.hint}</bdi>" in alice_client.get(LIST).content.decode()


def test_t10_tokens_of_others_and_of_applications_are_not_there(
    bob: User, alice_client: Client, application: TrustedApplication
) -> None:
    hints = [issued_pat(bob, application).token.hint, issued_sat(application).token.hint]
    words = text_of(alice_client.get(LIST))
    assert not [hint for hint in hints if hint in words]
    assert "No tokens yet" in words


def test_ended_tokens_stand_under_their_own_tab(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    live, ended = (issued_pat(alice, application, description=name).token for name in ("Laptop", "Phone"))
    alter(ended, revoked_at=timezone.now(), revocation_source="manage", revocation_reason="Lost <i>")
    assert "Phone" not in text_of(alice_client.get(LIST))
    response = alice_client.get(f"{LIST}?state=ended")
    assert re.search("Ended.*just now, exact time .* Revoked by Instance Manager: Lost <i>", text_of(response))
    assert "Laptop" not in text_of(response)
    assert f"{ended.pk}/revoke/" not in response.content.decode()
    assert '<a href="?" >' not in response.content.decode()
    assert '<a href="?state=ended" aria-current="page">Ended</a>' in markup_of(response)
    assert str(live.pk) not in response.content.decode()


def test_without_ended_tokens_their_tab_says_what_it_is_for(alice_client: Client) -> None:
    assert "No ended tokens Revoked and expired tokens appear here" in text_of(alice_client.get(f"{LIST}?state=ended"))


def test_without_tokens_the_page_says_what_for_and_where(alice_client: Client, application: TrustedApplication) -> None:
    ApplicationFactory.create(name="Closed", closed=True)
    words = text_of(alice_client.get(LIST))
    assert "No tokens yet Create one for a script or a tool that calls an API as you." in words
    assert "Applications that accept tokens: Excel" in words
    assert "Closed" not in words


def test_where_nothing_is_open_the_button_is_disabled_with_its_reason(
    alice_client: Client, administrator_client: Client
) -> None:
    for client in (alice_client, administrator_client):
        content = client.get(LIST).content.decode()
        assert 'type="button" disabled aria-describedby="create-reason"' in content
        assert "No application lets you issue access tokens." in content
        assert f'href="{LIST}new/"' not in content
    assert "Go to Trusted Apps" in administrator_client.get(LIST).content.decode()
    assert "Go to Trusted Apps" not in alice_client.get(LIST).content.decode()


def test_the_button_opens_the_dialog_and_is_a_link_without_script(
    alice_client: Client, application: TrustedApplication
) -> None:
    content = markup_of(alice_client.get(LIST))
    assert f'<a class="button primary" href="{LIST}new/" data-dialog>' in content


def test_a_hundred_tokens_cost_the_same_eight_queries(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    for _number in range(3):
        issued_pat(alice, application)
    with Statements() as few:
        alice_client.get(LIST)
    template = ReferenceToken.objects.first()
    assert template
    ReferenceToken.objects.bulk_create(
        ReferenceToken(
            kind="PAT",
            application=application,
            holder=alice,
            issuer=alice,
            scopes=("read",),
            digest=number.to_bytes(32, "big"),
            hash_key=template.hash_key,
            hint="enrt_0000…0000",
            issued_at=template.issued_at - timedelta(seconds=number),
        )
        for number in range(97)
    )
    with Statements() as many:
        words = text_of(alice_client.get(LIST))
    assert "100 tokens" in words
    assert "Older" in words
    reads = [sql for sql in many.sql if sql.startswith("SELECT")]
    assert len(reads) == len([sql for sql in few.sql if sql.startswith("SELECT")]) <= 8


@pytest.mark.parametrize(
    "query", ["state=x", "after=x", "before=x", "after=%00", "after=", "state=ended&after=%ff", "q=%00"]
)
def test_a_strange_address_shows_the_first_page(
    alice: User, alice_client: Client, application: TrustedApplication, query: str
) -> None:
    issued_pat(alice, application)
    assert alice_client.get(f"{LIST}?{query}").status_code == 200
