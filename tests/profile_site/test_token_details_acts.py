"""What can be done from the page of one's own token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat
from tests.pages import HTMX, form_of, links_of, text_of
from tests.profile_site.token_page import LIST, page_of, words_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


def test_the_name_in_the_list_leads_to_the_page(alice_client: Client, token: ReferenceToken) -> None:
    content = alice_client.get(LIST).content.decode()
    assert f'<a class="token-name" href="{page_of(token)}"><bdi>Laptop</bdi></a>' in content


@pytest.mark.parametrize(("headers", "name"), [({}, "Location"), (HTMX, "HX-Redirect")])
def test_a_revocation_from_the_page_leads_back_to_it_and_is_seen_at_once(
    alice_client: Client, token: ReferenceToken, headers: dict[str, str], name: str
) -> None:
    (address,) = links_of(alice_client.get(page_of(token)), "Revoke")
    question = alice_client.get(address, headers=headers)
    assert f'href="{page_of(token)}" data-close' in question.content.decode()
    response = alice_client.post(address, form_of(question, address), headers=headers)
    assert response.headers[name] == page_of(token)
    words = words_of(alice_client, token)
    assert "Laptop was revoked." in words
    assert "State The token was revoked." in words
    assert "Token revoked" in words


def test_tok10_a_rotation_and_the_end_of_the_old_value_lead_back_to_the_page(
    alice_client: Client, token: ReferenceToken
) -> None:
    (address,) = links_of(alice_client.get(page_of(token)), "Rotate")
    asked = alice_client.get(address)
    assert f'href="{page_of(token)}" data-close' in asked.content.decode()
    rotated = alice_client.post(address, form_of(asked, address))
    assert f'href="{page_of(token)}"' in rotated.content.decode()
    response = alice_client.get(page_of(token))
    assert "Rotations" in text_of(response)
    assert "2 tokens, newest first" in text_of(response)
    assert links_of(response, "Revoke") == links_of(response, "Rotate") == []
    (address,) = links_of(response, "End now")
    response = alice_client.post(address, form_of(alice_client.get(address), address), headers=HTMX)
    assert response.headers["HX-Redirect"] == page_of(token)
    assert "has ended. What uses it fails from now on." in words_of(alice_client, token)


def test_an_ended_token_can_be_created_again_with_its_settings(alice_client: Client, token: ReferenceToken) -> None:
    assert links_of(alice_client.get(page_of(token)), "Create again") == []
    alter(token, revoked_at=timezone.now(), revocation_source="command")
    response = alice_client.get(page_of(token))
    assert links_of(response, "Revoke") == []
    (address,) = links_of(response, "Create again")
    fields = form_of(alice_client.get(address), f"{LIST}new/")
    assert fields["description"] == ["Laptop"]
    assert fields["application"] == [str(token.application_id)]
    assert fields["scopes"] == ["read", "update"]
    assert fields["expires"] == ["30"]


def test_what_is_not_allowed_today_is_left_out_with_a_word(alice_client: Client, token: ReferenceToken) -> None:
    alter(token, revoked_at=timezone.now(), revocation_source="command", expires_at=None, description="")
    TrustedApplication.objects.update(scopes="read")
    (address,) = links_of(alice_client.get(page_of(token)), "Create again")
    response = alice_client.get(address)
    assert form_of(response, f"{LIST}new/")["scopes"] == ["read"]
    words = text_of(response)
    assert "The scope update in the link was ignored: Excel does not offer it." in words
    assert "The expiration time in the link was ignored" in words


def test_a_life_of_hours_is_asked_for_as_a_day(alice_client: Client, token: ReferenceToken) -> None:
    alter(token, issued_at=token.issued_at - timedelta(hours=3), expires_at=token.issued_at - timedelta(hours=1))
    (address,) = links_of(alice_client.get(page_of(token)), "Create again")
    assert "expires=1&" in address
