"""Revoking one's own token: asked first, done once, final (TOK-8, T10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import ReferenceToken
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat
from tests.pages import HTMX, form_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/profile/security/tokens/"


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop").token


@pytest.fixture
def address(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/revoke/"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_changes_nothing(alice_client: Client, token: ReferenceToken, address: str, headers: Any) -> None:
    words = text_of(alice_client.get(address, headers=headers))
    assert "Revoke “Laptop”?" in words
    assert f"Anything which uses {token.hint} stops working at once. This cannot be undone." in words
    assert "Keep token" in words
    assert "Reason" not in words
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_dialog_and_the_page_ask_the_same(alice_client: Client, address: str) -> None:
    page = alice_client.get(address).content.decode()
    part = alice_client.get(address, headers=HTMX).content.decode()
    assert "<h1>Revoke" in page
    assert '<h2 id="dialog-title">Revoke' in part
    assert "<html" not in part
    assert f'hx-post="{address}"' in part


def test_post_revokes_and_says_so_on_the_list(alice: User, alice_client: Client, address: str) -> None:
    response = alice_client.post(address, form_of(alice_client.get(address)))
    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    token = ReferenceToken.objects.get()
    assert token.revoked_at
    assert (token.revoked_by, token.revocation_source, token.revocation_reason) == (alice, "profile", "")
    assert "Laptop was revoked. What uses it fails from now on." in text_of(alice_client.get(LIST))
    assert "Laptop was revoked" not in text_of(alice_client.get(LIST))


def test_htmx_gets_the_list_as_it_is_now_and_the_message(
    alice: User, alice_client: Client, application: TrustedApplication, address: str
) -> None:
    issued_pat(alice, application, description="Phone")
    response = alice_client.post(address, headers=HTMX)
    content = response.content.decode()
    assert response.status_code == 200
    assert content.strip().startswith('<section id="tokens" class="list" hx-swap-oob="true"')
    assert '<div hx-swap-oob="beforeend:#toasts">' in content
    assert "Laptop was revoked." in text_of(response)
    assert "1 token" in text_of(response)
    assert "Phone" in text_of(response)
    assert "Laptop was revoked" not in text_of(alice_client.get(LIST))


def test_revoking_twice_is_no_error_and_keeps_the_first_time(alice_client: Client, address: str) -> None:
    alice_client.post(address)
    first = ReferenceToken.objects.get().revoked_at
    assert alice_client.post(address).status_code == 302
    assert alice_client.post(address, headers=HTMX).status_code == 200
    assert alice_client.get(address).status_code == 200
    assert ReferenceToken.objects.get().revoked_at == first
    assert AuditEvent.objects.filter(action="token:revoke").count() == 1


def test_tok8_an_expired_token_stays_expired_and_that_is_said(
    alice_client: Client, token: ReferenceToken, address: str
) -> None:
    alter(token, issued_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1))
    assert alice_client.post(address).status_code == 302
    assert ReferenceToken.objects.get().revoked_at is None
    words = text_of(alice_client.get(LIST))
    assert "Laptop has expired and stays as it is." in words
    assert "was revoked" not in words


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t10_stranger_gets_404_and_changes_nothing(
    administrator: User, bob: User, address: str, method: str, headers: Any
) -> None:
    for stranger in (bob, administrator):
        assert signed_in(stranger).generic(method, address, headers=headers).status_code == 404
    assert ReferenceToken.objects.get().revoked_at is None


def test_t10_a_token_of_an_application_is_nobodys_here(
    administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_sat(application).token
    assert administrator_client.post(f"/profile/security/tokens/{token.pk}/revoke/").status_code == 404


@pytest.mark.parametrize("tail", ["x", "1", "../../", "00000000-0000-0000-0000-00000000000g"])
def test_what_is_no_id_is_404(alice_client: Client, tail: str) -> None:
    assert alice_client.get(f"/profile/security/tokens/{tail}/revoke/").status_code == 404


def test_revoking_asks_for_no_confirmation(alice: User, address: str) -> None:
    assert signed_in(alice, confirmed=False).post(address).headers["Location"] == LIST
    assert ReferenceToken.objects.get().revoked_at


def test_the_question_says_when_and_from_where_the_token_was_used(
    alice_client: Client, token: ReferenceToken, address: str
) -> None:
    assert f"It has not been used since it was issued on {token.issued_at:%-d %b %Y}." in text_of(
        alice_client.get(address)
    )
    alter(token, last_used_at=timezone.now() - timedelta(minutes=12))
    assert "It was used 12 minutes ago; what uses it will fail at once." in text_of(alice_client.get(address))
    alter(token, last_used_address="10.1.2.3")
    assert "It was used 12 minutes ago from 10.1.2.3; what" in text_of(alice_client.get(address))
    alter(token, last_used_server=ResourceServerFactory.create(name="Billing <b>"))
    assert "It was used 12 minutes ago from Billing <b>; what" in text_of(alice_client.get(address))


def test_only_the_token_named_in_the_address_is_revoked(
    alice: User, alice_client: Client, application: TrustedApplication, address: str
) -> None:
    other = issued_pat(alice, application).token
    alice_client.post(address, {"token_id": str(other.pk), "id": str(other.pk), "reason": "mine"})
    other.refresh_from_db()
    assert other.revoked_at is None
    assert ReferenceToken.objects.exclude(pk=other.pk).get().revocation_reason == ""
