"""Confirming at the provider who it is (T46)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, User
from tests.accounts.single_sign_on.at_the_provider import ALICE, ASK_URL, TOKEN_FORM, sign_in_as
from tests.openid.journey import come_back, leave, parameters
from tests.openid.provider import OpenIDProvider, Visitor
from tests.pages import CONFIRM_URL, HTMX, LOGIN_URL, give_password, signed_in, text_of
from tests.postgresql import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# A form with what was typed into it.
TYPED = f"{TOKEN_FORM}?description=Laptop"


def leads_on(page: Any, url: str) -> bool:
    """Whether the page has a link to this one, which leads on to the form."""
    return f'href="{url}?{urlencode({"next": TYPED})}"' in page.content.decode()


# How long it holds


def test_t46_a_sign_in_at_the_provider_counts_from_when_it_was(connected: User, visitor: Visitor) -> None:
    client = Client()
    sign_in_as(client, visitor, "s1")
    assert client.get(TOKEN_FORM).status_code == 200
    client.post("/accounts/logout/")
    with time_machine.travel(time.time() + 16 * 60):
        # Nobody typed anything at the provider: its session of 16 minutes ago is still there.
        assert come_back(client, visitor.answer_to(leave(client), "nobody types")).status_code == 302
        response = client.get(TOKEN_FORM)
        assert response.headers["Location"].startswith(CONFIRM_URL)


def test_t46_who_has_no_password_confirms_at_the_provider_and_goes_on(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected, confirmed=False)
    confirm = client.get(TOKEN_FORM, {"description": "Laptop"})
    asked = client.get(confirm.headers["Location"])
    assert asked.headers["Location"].startswith(f"{ASK_URL}?next=")
    page = client.get(asked.headers["Location"])
    assert "Sign in at localhost again before you continue. The confirmation lasts 15 minutes." in text_of(page)
    target = f"{TOKEN_FORM}?description=Laptop"
    address = leave(client, ASK_URL, target)
    assert (parameters(address)["prompt"], parameters(address)["max_age"]) == ("login", "0")
    response = come_back(client, visitor.answer_to(address, "s1"))
    assert response.headers["Location"] == target
    assert client.get(target).status_code == 200


def test_t46_who_has_a_password_may_confirm_at_the_provider_too(connected: User) -> None:
    client = signed_in(give_password(connected), confirmed=False)
    page = client.get(CONFIRM_URL, {"next": TOKEN_FORM})
    assert "Sign in at localhost" in text_of(page)
    assert f'href="{ASK_URL}?next=%2Fprofile%2Fsecurity%2Ftokens%2Fnew%2F"' in page.content.decode()


def test_t46_an_htmx_request_moves_the_whole_page(connected: User) -> None:
    response = signed_in(connected, confirmed=False).get(TOKEN_FORM, headers=HTMX)
    assert response.headers["HX-Redirect"].startswith(CONFIRM_URL)


def test_t46_somebody_else_cannot_confirm(connected: User, provider: OpenIDProvider, visitor: Visitor) -> None:
    provider.knows(s1=ALICE, s2={"preferred_username": "bob"})
    client = signed_in(connected, confirmed=False)
    response = come_back(client, visitor.answer_to(leave(client, ASK_URL, TYPED), "s2"))
    assert response.status_code == 403
    assert "This is a different account" in text_of(response)
    assert leads_on(response, CONFIRM_URL)
    assert client.get(TOKEN_FORM).status_code == 302
    assert AuditEvent.objects.get().action == "user:sign_in_failed"


def test_t46_an_old_sign_in_at_the_provider_confirms_nothing(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected, confirmed=False)
    other = Client()
    sign_in_as(other, visitor, "s1")
    # As a provider does that asks nobody again, whatever it is told.
    with time_machine.travel(time.time() + 300):
        address = leave(client, ASK_URL, TYPED).replace("prompt=login", "x=x").replace("max_age=0", "max_age=9999")
        response = come_back(client, visitor.answer_to(address, "s1"))
    assert response.status_code == 403
    assert "localhost did not report a new sign-in" in text_of(response)
    assert leads_on(response, CONFIRM_URL)
    assert client.get(TOKEN_FORM).status_code == 302


def test_what_was_typed_is_not_lost_where_the_provider_is_down(connected: User, settings: Any) -> None:
    client = signed_in(connected, confirmed=False)
    settings.OIDC_ISSUER = f"http://localhost:{free_port()}"
    page = client.post(ASK_URL, {"next": TYPED})
    assert page.status_code == 503
    assert leads_on(page, CONFIRM_URL)


def test_what_was_typed_is_not_lost_where_somebody_turns_back(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected, confirmed=False)
    page = come_back(client, visitor.cancel(leave(client, ASK_URL, TYPED)))
    assert page.status_code == 400
    assert leads_on(page, CONFIRM_URL)


def test_a_confirmation_that_comes_back_to_a_session_that_ended_is_refused(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected)
    answer = visitor.answer_to(leave(client, ASK_URL, TYPED), "s1")
    User.objects.filter(pk=connected.pk).update(is_active=False)
    page = come_back(client, answer)
    assert page.status_code == 400
    assert leads_on(page, LOGIN_URL)
