"""TOK-17: a token is given another description, on both sites, and the audit log says so."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.renaming import rename_token
from reference_tokens.models import ReferenceToken
from tests.factories import issued_pat
from tests.pages import form_of, signed_in, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop").token


@pytest.fixture
def url(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/rename/"


def test_the_holder_renames_a_token_and_finds_it_by_the_new_name(
    alice: User, alice_client: Client, token: ReferenceToken, url: str
) -> None:
    assert url in alice_client.get(f"/profile/security/tokens/{token.pk}/").content.decode()
    sent = form_of(alice_client.get(url)) | {"description": [" Desk "]}
    response = alice_client.post(url, sent, follow=True)
    assert "The token is called Desk." in text_of(response)
    assert "Token renamed" in text_of(response)
    assert "Desk" in text_of(alice_client.get("/profile/security/tokens/?q=desk"))
    event = AuditEvent.objects.get(action="token:rename")
    assert (event.target_type, event.target_id, event.actor_id) == ("token", str(token.pk), str(alice.pk))
    assert event.details == {"before": {"description": "Laptop"}, "after": {"description": "Desk"}}


def test_an_administrator_renames_an_ended_token(administrator_client: Client, token: ReferenceToken) -> None:
    administrator_client.post(f"/manage/security/tokens/{token.pk}/revoke/")
    url = f"/manage/security/tokens/{token.pk}/rename/"
    assert url in administrator_client.get(f"/manage/security/tokens/{token.pk}/").content.decode()
    administrator_client.post(url, form_of(administrator_client.get(url)) | {"description": [""]})
    token.refresh_from_db()
    assert token.description == ""


def test_the_same_name_is_no_change(alice_client: Client, url: str) -> None:
    assert alice_client.post(url, form_of(alice_client.get(url))).status_code == 302
    assert not AuditEvent.objects.filter(action="token:rename").exists()


def test_edit1_a_name_that_somebody_else_gave_meanwhile_is_not_undone(
    administrator: User, alice_client: Client, token: ReferenceToken, url: str
) -> None:
    opened = form_of(alice_client.get(url)) | {"description": ["Desk"]}
    theirs = f"/manage/security/tokens/{token.pk}/rename/"
    other = signed_in(administrator)
    other.post(theirs, form_of(other.get(theirs)) | {"description": ["Kitchen"]})
    response = alice_client.post(url, opened)
    assert response.status_code == 409
    assert "Kitchen" in text_of(response)
    assert form_of(response)["description"] == ["Desk"]
    token.refresh_from_db()
    assert token.description == "Kitchen"
    alice_client.post(url, form_of(response))
    token.refresh_from_db()
    assert token.description == "Desk"


def test_tok7_no_token_is_called_what_cannot_be_seen(token: ReferenceToken) -> None:
    with pytest.raises(ValidationError):
        rename_token(actor=OPERATOR, token_id=token.pk, description="a\u202eb", now=timezone.now())
    token.refresh_from_db()
    assert token.description == "Laptop"


def test_txt1_a_token_is_no_name(alice: User, alice_client: Client, token: ReferenceToken, url: str) -> None:
    value = issued_pat(alice, token.application).plaintext
    response = alice_client.post(url, form_of(alice_client.get(url)) | {"description": [value]})
    assert response.status_code == 422
    assert value not in response.content.decode()
