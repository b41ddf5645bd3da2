"""Acting on many of one's own tokens: never on those of others, whatever the address says (TOK-8, MANY-1, T10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import ApplicationFactory, issued_pat, issued_sat
from tests.pages import form_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/profile/security/tokens/"
REVOKE = f"{LIST}revoke-many/"


@pytest.fixture
def tokens(alice: User, bob: User, administrator: User, application: TrustedApplication) -> dict[str, ReferenceToken]:
    """Two of alice, one each of bob, of an administrator and of an application."""
    other = ApplicationFactory.create(name="Word", application_uri="com.example/word", with_system_user=True)
    made = [
        issued_pat(alice, application, description="Laptop"),
        issued_pat(alice, other, description="Phone"),
        issued_pat(bob, application, description="Tablet"),
        issued_pat(administrator, application, description="Desk"),
        issued_sat(other, description="Nightly"),
    ]
    return {issued.token.description: issued.token for issued in made}


def live() -> set[str]:
    return set(ReferenceToken.objects.filter(revoked_at=None).values_list("description", flat=True))


def answer(client: Client, asked: Any, number: str) -> Any:
    return client.post(asked.wsgi_request.path, form_of(asked) | {"number": number})


def test_tok8_a_person_revokes_all_of_their_own_tokens_and_no_others(
    alice: User, alice_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    response = answer(alice_client, alice_client.get(REVOKE, {"matching": "1"}), "2")
    assert response.headers["Location"].startswith(LIST)
    assert "2 tokens revoked." in text_of(alice_client.get(LIST))
    assert live() == {"Tablet", "Desk", "Nightly"}
    entry = AuditEvent.objects.get(action="token:revoke_many")
    assert (entry.actor_id, entry.source, entry.details["count"]) == (str(alice.pk), "profile", 2)


def test_t10_the_tokens_of_others_are_not_chosen_by_their_ids(
    alice_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    every = [str(token.pk) for token in tokens.values()]
    asked = alice_client.get(REVOKE, {"token": every})
    assert "Revoke 2 tokens?" in text_of(asked)
    assert "Bob" not in text_of(asked)
    answer(alice_client, asked, "2")
    assert live() == {"Tablet", "Desk", "Nightly"}
    others = alice_client.get(REVOKE, {"token": str(tokens["Tablet"].pk)})
    assert others.headers["Location"].startswith(LIST)
    assert "None of the chosen tokens is left to be revoked." in text_of(alice_client.get(LIST))


@pytest.mark.parametrize("query", [{"owner": "bob"}, {"kind": "SAT"}, {"owner": "bob", "kind": "PAT"}])
def test_t10_no_filter_leads_to_the_tokens_of_others(
    alice_client: Client, tokens: dict[str, ReferenceToken], query: dict[str, str]
) -> None:
    asked = alice_client.get(REVOKE, {"matching": "1"} | query)
    answer(alice_client, asked, "2")
    assert live() == {"Tablet", "Desk", "Nightly"}


def test_t10_an_administrator_reaches_only_their_own_from_the_profile(
    administrator_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    answer(administrator_client, administrator_client.get(REVOKE, {"matching": "1"}), "1")
    assert live() == {"Laptop", "Phone", "Tablet", "Nightly"}


def test_the_question_counts_by_application_and_asks_for_no_reason(
    alice_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    asked = alice_client.get(REVOKE, {"matching": "1", "application": str(tokens["Laptop"].application_id)})
    words = text_of(asked)
    assert "Revoke 1 token?" in words
    assert "1 \N{MULTIPLICATION SIGN} Excel com.example/excel" in words
    assert "By owner" not in words
    assert "reason" not in form_of(asked)
    answer(alice_client, asked, "1")
    assert live() == {"Phone", "Tablet", "Desk", "Nightly"}


def test_the_rows_have_boxes_and_the_bar_revokes_and_does_not_suspend(
    alice_client: Client, tokens: dict[str, ReferenceToken]
) -> None:
    response = alice_client.get(LIST)
    assert response.content.decode().count('class="tick" name="token"') == 2
    words = text_of(response)
    assert "All that match: 2 tokens" in words
    assert "Revoke chosen" in words
    assert "Suspend chosen" not in words
    answer(alice_client, alice_client.get(REVOKE, {"matching": "1"}), "2")
    assert "Revoke chosen" not in text_of(alice_client.get(LIST))


def test_sent_twice_it_says_so_and_does_nothing_twice(alice_client: Client, tokens: dict[str, ReferenceToken]) -> None:
    asked = alice_client.get(REVOKE, {"matching": "1"})
    for _time in range(2):
        answer(alice_client, asked, "2")
    assert "None of the chosen tokens is left to be revoked." in text_of(alice_client.get(LIST))
    assert AuditEvent.objects.filter(action="token:revoke_many").count() == 1
