"""VAL-6: a person checks tokens of their own; of any other they are told no more than of none."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import ResourceServer
from reference_tokens.token_values import token_format
from tests.factories import ApplicationFactory, ResourceServerFactory, alter, issued_pat, issued_sat, rotated
from tests.introspection import Statements
from tests.pages import links_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

CHECK = "/profile/security/check-token/"
# What differs from one answer to the next by itself.
OF_THE_MOMENT = re.compile(r'value="[A-Za-z0-9]{64}"|nonce="[^"]*"|"X-CSRFToken": "[^"]*"|\d\d:\d\d:\d\d')


@pytest.fixture
def own(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, description="Laptop")


def checked(client: Client, value: str, server: ResourceServer | None = None) -> Any:
    return client.post(CHECK, {"secret": value, "server": server.pk if server else ""})


def test_val6_a_person_is_told_why_their_own_token_is_refused(alice_client: Client, own: IssuedToken) -> None:
    now = timezone.now()
    alter(own.token, issued_at=now - timedelta(days=9), expires_at=now - timedelta(days=1))
    response = checked(alice_client, own.plaintext)
    assert "Refused: the token has expired It expired on" in text_of(response)
    assert f'<a href="/profile/security/tokens/{own.token.pk}/">Show this token</a>' in response.content.decode()


def test_val6_what_only_administrators_mend_says_so_and_leads_nowhere(
    alice_client: Client, own: IssuedToken, server: ResourceServer
) -> None:
    alter(own.token, suspended_at=timezone.now())
    assert "It was suspended on" in text_of(checked(alice_client, own.plaintext))
    assert "An administrator can resume it." in text_of(checked(alice_client, own.plaintext))
    alter(own.token, suspended_at=None)
    TrustedApplication.objects.update(is_enabled=False)
    response = checked(alice_client, own.plaintext, server)
    assert "none of its tokens is accepted. An administrator can change this." in text_of(response)
    assert "/manage/" not in response.content.decode()


def test_val6_a_rotated_token_of_ones_own_leads_to_the_new_one(alice_client: Client, own: IssuedToken) -> None:
    new = rotated(own.token).token
    assert f'href="/profile/security/tokens/{new.pk}/"' in checked(alice_client, own.plaintext).content.decode()


@pytest.mark.parametrize("is_asked_by_server", [True, False])
def test_val6_somebody_elses_token_and_a_sat_get_the_answer_of_none_at_the_same_cost(
    alice_client: Client,
    bob: User,
    application: TrustedApplication,
    own: IssuedToken,
    server: ResourceServer,
    is_asked_by_server: bool,
) -> None:
    values = [token_format.generate(), issued_pat(bob, application).plaintext, issued_sat(application).plaintext]
    # The first of all questions begins the counter.
    checked(alice_client, values[0])
    asked = []
    for value in values:
        with Statements() as statements:
            response = checked(alice_client, value, server if is_asked_by_server else None)
        shape = [re.sub(r"'[^']*'|x?\d+", "", sql) for sql in statements.sql]
        asked.append((response.status_code, OF_THE_MOMENT.sub("", response.content.decode()), shape))
        assert "This is not one of your tokens, or it is mistyped." in text_of(response)
        # What a door would answer about it is not theirs to know.
        assert not re.search("Refused|Accepted|Answer (?:to|at)", text_of(response))
    assert asked[0] == asked[1] == asked[2]


def test_val6_another_persons_token_cannot_be_chosen(
    alice_client: Client, bob: User, application: TrustedApplication
) -> None:
    other = issued_pat(bob, application).token
    for answer in (alice_client.get, alice_client.post):
        assert answer(f"{CHECK}?token={other.pk}").status_code == 404


def test_val6_only_resource_servers_of_ones_own_applications_are_named(
    alice_client: Client, own: IssuedToken, application: TrustedApplication
) -> None:
    ResourceServerFactory.create(name="Asks about all")
    mine = ResourceServerFactory.create(name="Of my application", asks_for_all_applications=False)
    mine.applications.add(application)
    foreign = ResourceServerFactory.create(name="Of another one", asks_for_all_applications=False)
    foreign.applications.add(ApplicationFactory.create())
    for address in (CHECK, "/profile/choices/server/"):
        words = text_of(alice_client.get(address))
        assert "Asks about all" in words
        assert "Of my application" in words
        assert "Of another one" not in words
    assert checked(alice_client, own.plaintext, foreign).status_code == 422
    assert "Accepted" in text_of(checked(alice_client, own.plaintext, mine))


def test_val6_what_people_check_of_their_own_is_not_recorded(alice_client: Client, own: IssuedToken) -> None:
    checked(alice_client, own.plaintext)
    assert not AuditEvent.objects.filter(action="token:check").exists()


def test_the_page_of_ones_own_token_leads_to_its_check(alice_client: Client, own: IssuedToken) -> None:
    (address,) = links_of(alice_client.get(f"/profile/security/tokens/{own.token.pk}/"), "Check")
    response = alice_client.post(address, {"server": ""})
    assert "Accepted: the token is active" in text_of(response)
    assert f'<a class="nav-item" href="{CHECK}" aria-current="page">' in response.content.decode()
