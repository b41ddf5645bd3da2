"""TOK-16: refusals on the pages of a token, a Resource Server and an application, each to who may read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from instance_manager.tokens.site import ALL_TOKENS
from reference_tokens.models import ReferenceToken, RefusalCount
from reference_tokens.pages import refusals
from reference_tokens.pages.refusals import refusals_for_server, refusals_of_application, refusals_of_token
from reference_tokens.validation.noting import LACKS_SCOPES
from tests.factories import ApplicationFactory, ResourceServerFactory, issued_pat, issued_sat
from tests.introspection import Statements, plan
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Nightly import").token


def refused(
    token: ReferenceToken | None, server: Any = None, *, ago: timedelta = MINUTE, number: int = 1, **changes: Any
) -> None:
    """So many minutes with refusals, the last one so long ago."""
    row = {"reason": "expired", "door": "introspection", "count": 1, "address": None} | changes
    of = {"token": token, "application_id": token and token.application_id, "server": server}
    times = [timezone.now() - ago - back * MINUTE for back in range(number)]
    RefusalCount.objects.bulk_create(RefusalCount(**of, **row, minute=at, first_at=at, last_at=at) for at in times)


def own_page(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/"


def managed_page(token: ReferenceToken) -> str:
    return f"/manage/security/tokens/{token.pk}/"


def server_page(server: Any) -> str:
    return f"/manage/security/resource-servers/{server.pk}/"


def application_page(application: TrustedApplication) -> str:
    return f"/manage/security/trusted-apps/{application.pk}/"


def refusals_on(client: Client, page: str) -> str:
    """What the section says."""
    response = client.get(page)
    assert response.status_code == 200
    return without_help(text_of(response)).partition("Refusals The last 50, of the last 30 days ")[2]


def without_help(words: str) -> str:
    """What a page says beside its links to the help."""
    return words.replace("Why? (help, in a new tab) ", "")


# --- The page of a token ---------------------------------------------------------------------------------------------


def test_a_person_reads_why_where_how_often_and_from_where_their_token_was_refused(
    alice_client: Client, token: ReferenceToken, server: Any
) -> None:
    refused(token, server, number=3, count=400, reason="suspended")
    refused(token, ago=timedelta(hours=2), door="token_itself", address="192.0.2.7")
    words = refusals_on(alice_client, own_page(token))
    assert "The token is suspended. Introspection 1 minute ago" in words
    assert "1,200 times, first 3 minutes ago" in words
    assert server.name in words
    assert "The token has expired. /api/token 2 hours ago" in words
    assert "192.0.2.7" in words


def test_the_page_of_a_token_says_so_where_nothing_was_refused(alice_client: Client, token: ReferenceToken) -> None:
    assert refusals_on(alice_client, own_page(token)).startswith("Nothing was refused.")


def test_a_person_reads_nothing_of_another_token_and_no_link_to_what_administrators_have(
    alice_client: Client, token: ReferenceToken, bob: User, application: TrustedApplication, server: Any
) -> None:
    others = [issued_pat(bob, application).token, issued_sat(application).token]
    for each in others:
        refused(each, server, reason="revoked", address="198.51.100.9")
    refused(token, server)
    content = alice_client.get(own_page(token)).content.decode()
    assert "198.51.100.9" not in content
    assert server_page(server) not in content
    assert [alice_client.get(own_page(each)).status_code for each in others] == [404, 404]


def test_an_administrator_reads_those_of_any_token_with_links_to_the_servers(
    administrator_client: Client, token: ReferenceToken, server: Any
) -> None:
    refused(token, server, door="forward_auth", address="2001:db8::1", reason=LACKS_SCOPES)
    content = administrator_client.get(managed_page(token)).content.decode()
    assert "The token lacks a scope that forward auth requires of it." in content
    assert "2001:db8::1" in content
    assert f'href="{server_page(server)}"' in content


def test_what_was_refused_longer_ago_than_30_days_is_not_shown(alice_client: Client, token: ReferenceToken) -> None:
    refused(token, ago=timedelta(days=31))
    assert "Nothing was refused." in refusals_on(alice_client, own_page(token))


def test_what_differs_in_reason_door_server_or_address_is_told_apart(
    alice_client: Client, token: ReferenceToken, server: Any
) -> None:
    refused(token, number=9)
    refused(token, ago=20 * MINUTE, reason="revoked")
    refused(token, ago=21 * MINUTE, door="profile")
    refused(token, ago=22 * MINUTE, address="192.0.2.1")
    refused(token, server, ago=23 * MINUTE)
    assert alice_client.get(own_page(token)).content.decode().count('popovertarget="refused-') == 5


def test_a_hundred_servers_are_named_by_one_query_more(
    alice_client: Client, token: ReferenceToken, server: Any
) -> None:
    with Statements() as before:
        alice_client.get(own_page(token))
    for each in ResourceServerFactory.create_batch(60):
        refused(token, each)
    with Statements() as statements:
        response = alice_client.get(own_page(token))
    assert len(statements.sql) == len(before.sql) + 1
    assert response.content.decode().count('popovertarget="refused-') == 50


# --- The page of a Resource Server -----------------------------------------------------------------------------------


def test_the_page_of_a_server_leads_to_the_tokens_and_to_a_check_of_each(
    administrator_client: Client, token: ReferenceToken, server: Any
) -> None:
    refused(token, server)
    refused(token, ResourceServerFactory.create(), reason="revoked")
    response = administrator_client.get(server_page(server))
    words = without_help(text_of(response))
    assert f"The token has expired. Introspection Nightly import {token.hint} Check Nightly import" in words
    assert "The token was revoked." not in words
    content = response.content.decode()
    assert f'href="{managed_page(token)}"' in content
    assert f'href="/manage/security/check-token/?token={token.pk}"' in content


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("unknown", "There is no such token."),
        ("malformed", "The token is mistyped: its checksum does not fit."),
        ("wrong_secret", "The secret of the Resource Server was wrong."),
        ("resource_server_disabled", "The Resource Server is disabled."),
    ],
)
def test_the_page_of_a_server_tells_of_what_is_no_stored_token(
    administrator_client: Client, server: Any, reason: str, words: str
) -> None:
    refused(None, server, reason=reason, address="192.0.2.9")
    assert f"{words} Introspection \N{EN DASH} None" in refusals_on(administrator_client, server_page(server))


def test_a_token_that_is_refused_every_minute_hides_no_other(
    administrator_client: Client, token: ReferenceToken, server: Any
) -> None:
    refused(token, server, number=60)
    refused(None, server, ago=timedelta(hours=3), reason="unknown")
    words = refusals_on(administrator_client, server_page(server))
    assert "60 times" in words
    assert "There is no such token." in words


# --- The page of an application --------------------------------------------------------------------------------------


def test_the_page_of_an_application_has_those_of_its_tokens_alone(
    administrator_client: Client, alice: User, token: ReferenceToken, application: TrustedApplication, server: Any
) -> None:
    other = issued_pat(alice, ApplicationFactory.create(), description="Elsewhere").token
    refused(token, server, reason="holder_inactive")
    refused(other, server)
    words = refusals_on(administrator_client, application_page(application))
    assert "The user whom the token speaks for is not active. Introspection Nightly import" in words
    assert "Elsewhere" not in words
    assert server.name in words


# --- What it costs ---------------------------------------------------------------------------------------------------


def ways(page: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> str:
    """How the database means to find the refusals of a page."""
    found: list[Any] = []

    def read(stored: Any, _now: datetime) -> list[Any]:
        found.append(stored)
        return []

    monkeypatch.setattr(refusals, "told_once", read)
    page()
    return plan(found[0].filter(minute__gte=datetime(2027, 1, 1, tzinfo=UTC))[:500])


def test_the_last_ones_of_very_many_are_found_by_an_index_in_their_order(
    application: TrustedApplication, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    of_server = ways(lambda: refusals_for_server(server, ALL_TOKENS, now), monkeypatch)
    of_application = ways(lambda: refusals_of_application(application, ALL_TOKENS, now), monkeypatch)
    assert "refusal_of_server" in of_server
    assert "refusal_of_app" in of_application
    assert not re.search("TEMP B-TREE|Sort", of_server + of_application)


def test_those_of_a_token_are_found_by_its_own_index(token: ReferenceToken, monkeypatch: pytest.MonkeyPatch) -> None:
    way = ways(lambda: refusals_of_token(token, timezone.now(), links_servers=False), monkeypatch)
    assert re.search(r"INDEX.*\(token_id=|refusal_one_a_minute", way)
