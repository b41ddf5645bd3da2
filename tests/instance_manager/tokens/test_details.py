"""The page of any token in the Instance Manager."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from tests.factories import alter, issued_pat, issued_sat
from tests.pages import HTMX, form_of, links_of, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TOKENS = "/manage/security/tokens/"


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop").token


@pytest.fixture
def sat(application: TrustedApplication) -> ReferenceToken:
    return issued_sat(application, description="Nightly").token


def page_of(token: ReferenceToken) -> str:
    return f"{TOKENS}{token.pk}/"


def test_an_administrator_sees_anybodys_token(administrator_client: Client, pat: ReferenceToken) -> None:
    response = administrator_client.get(page_of(pat))
    assert "Laptop" in text_of(response)
    assert "Acts as Alice" in text_of(response)
    for address in (f"trusted-apps/{pat.application_id}/", f"users/{pat.holder_id}/"):
        assert f'href="/manage/security/{address}"' in response.content.decode()


def test_the_name_in_the_list_of_an_application_leads_to_the_page(
    administrator_client: Client, pat: ReferenceToken
) -> None:
    content = administrator_client.get(f"/manage/security/trusted-apps/{pat.application_id}/").content.decode()
    assert f'<a class="token-name" href="{page_of(pat)}">' in content


def test_val1_a_sat_without_a_system_user_says_so(administrator_client: Client, sat: ReferenceToken) -> None:
    TrustedApplication.objects.update(system_user=None)
    words = text_of(administrator_client.get(page_of(sat)))
    assert "The user whom the token speaks for is not active." in words
    assert "It is not valid until its application has a System User." in words


def test_an_administrator_sees_whence_everybody_came(
    alice: User, administrator_client: Client, pat: ReferenceToken
) -> None:
    by_alice = Actor.person(alice, Source.PROFILE, address="192.0.2.9")
    revoke_token(actor=by_alice, token_id=pat.pk, now=timezone.now())
    assert "Alice (alice) Profile 192.0.2.9" in text_of(administrator_client.get(page_of(pat)))


@pytest.mark.parametrize(("headers", "name"), [({}, "Location"), (HTMX, "HX-Redirect")])
def test_tok9_suspending_and_resuming_from_the_page_lead_back_to_it(
    administrator_client: Client, pat: ReferenceToken, headers: Any, name: str
) -> None:
    for label, said in (("Suspend", "Laptop is suspended."), ("Resume", "Laptop is not suspended any more.")):
        (address,) = links_of(administrator_client.get(page_of(pat)), label)
        question = administrator_client.get(address, headers=headers)
        assert f'href="{page_of(pat)}" data-close' in question.content.decode()
        response = administrator_client.post(address, form_of(question, address), headers=headers)
        assert response.headers[name] == page_of(pat)
        assert said in text_of(administrator_client.get(page_of(pat)))


def test_a_revocation_from_the_page_leads_back_to_it(administrator_client: Client, pat: ReferenceToken) -> None:
    (address,) = links_of(administrator_client.get(page_of(pat)), "Revoke")
    response = administrator_client.post(address, {"reason": "Lost"}, headers=HTMX)
    assert response.headers["HX-Redirect"] == page_of(pat)
    assert "Token revoked Lost" in text_of(administrator_client.get(page_of(pat)))


def test_an_ended_sat_can_be_created_again_and_a_pat_by_its_holder_alone(
    administrator_client: Client, pat: ReferenceToken, sat: ReferenceToken
) -> None:
    for token in (pat, sat):
        alter(token, revoked_at=timezone.now(), revocation_source="command")
    assert links_of(administrator_client.get(page_of(pat)), "Create again") == []
    (address,) = links_of(administrator_client.get(page_of(sat)), "Create again")
    form = f"/manage/security/trusted-apps/{sat.application_id}/tokens/new/"
    fields = form_of(administrator_client.get(address), form)
    assert (fields["description"], fields["scopes"], fields["expires"]) == (["Nightly"], ["read"], ["30"])
