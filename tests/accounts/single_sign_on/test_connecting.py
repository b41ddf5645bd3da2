"""Connecting an account to the provider, and disconnecting it."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from accounts.models import AuditEvent, User
from tests.accounts.single_sign_on.at_the_provider import ALICE, CONNECT_URL, actions, sign_in_as
from tests.openid.journey import come_back, leave
from tests.openid.provider import OpenIDProvider, Visitor
from tests.pages import LOGIN_URL, give_password, sign_in, signed_in, text_of

pytestmark = pytest.mark.django_db


DISCONNECT_URL = "/profile/security/single-sign-on/disconnect/"


# Connecting an account


def test_who_has_an_account_connects_it_and_signs_in_at_the_provider(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    client = signed_in(give_password(alice))
    assert "Your account is not connected." in text_of(client.get(CONNECT_URL))
    response = come_back(client, visitor.answer_to(leave(client, CONNECT_URL), "s1"))
    assert response.headers["Location"] == CONNECT_URL
    words = text_of(client.get(CONNECT_URL))
    assert "Single sign-on was connected." in words
    assert "Your account is connected" in words
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.source) == ("user:connect_identity", str(alice.pk), "profile")
    other = Client()
    assert sign_in_as(other, visitor, "s1").status_code == 302
    assert other.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.parametrize("email", ["alice@example.com", ""])
def test_who_is_connected_is_told_by_mail(alice: User, provider: OpenIDProvider, visitor: Visitor, email: str) -> None:
    User.objects.filter(pk=alice.pk).update(email=email)
    client = signed_in(alice)
    answer = visitor.answer_to(leave(client, CONNECT_URL), "s1")
    come_back(client, answer)
    assert [one.to for one in mail.outbox] == ([[email]] if email else [])
    assert [one.subject for one in mail.outbox] == ["Single sign-on was connected to your account"] * bool(email)


def test_an_identity_stands_for_one_person_and_a_person_has_one(
    connected: User, bob: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    provider.knows(s1=ALICE, s2={})
    client = signed_in(bob)
    assert come_back(client, visitor.answer_to(leave(client, CONNECT_URL), "s1")).status_code == 403
    client = signed_in(connected)
    with httpx.Client() as another:
        assert come_back(client, Visitor(another).answer_to(leave(client, CONNECT_URL), "s2")).status_code == 403
    assert SocialAccount.objects.get().uid == "s1"


def test_what_one_person_began_connects_nobody_else(
    alice: User, bob: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    client = signed_in(alice)
    answer = visitor.answer_to(leave(client, CONNECT_URL), "s1")
    session = client.session
    states = session["socialaccount_states"]
    sign_in(client, bob)
    session = client.session
    session["socialaccount_states"] = states
    session.save()
    assert come_back(client, answer).status_code == 400
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("email", ["alice@example.com", ""])
def test_who_is_disconnected_is_told_by_mail(connected: User, email: str) -> None:
    User.objects.filter(pk=give_password(connected).pk).update(email=email)
    signed_in(connected).post(DISCONNECT_URL)
    assert [one.to for one in mail.outbox] == ([[email]] if email else [])
    assert [one.subject for one in mail.outbox] == ["Single sign-on was disconnected from your account"] * bool(email)


def test_who_has_a_password_may_disconnect(connected: User) -> None:
    client = signed_in(give_password(connected))
    assert "Disconnect localhost?" in text_of(client.get(DISCONNECT_URL))
    assert client.post(DISCONNECT_URL).headers["Location"] == CONNECT_URL
    assert ("Single sign-on was disconnected. Sign in with your password from now on.") in text_of(
        client.get(CONNECT_URL)
    )
    assert not SocialAccount.objects.exists()
    assert actions() == ["user:disconnect_identity"]
    client.post(DISCONNECT_URL)
    assert actions() == ["user:disconnect_identity"]


def test_nobody_disconnects_their_only_way_in(connected: User) -> None:
    client = signed_in(connected)
    page = client.get(CONNECT_URL)
    assert "This is your only way to sign in. Set a password first." in text_of(page)
    assert '<a href="/profile/security/password/">Set a password</a>' in page.content.decode()
    client.post(DISCONNECT_URL)
    assert SocialAccount.objects.exists()


def test_the_navigation_names_single_sign_on_where_there_is_a_provider(connected: User, settings: Any) -> None:
    client = signed_in(connected)
    assert "Single sign-on" in text_of(client.get("/profile/"))
    settings.OIDC_ISSUER = ""
    assert "Single sign-on" not in text_of(client.get("/profile/"))
    assert "Sign in at" not in text_of(Client().get(LOGIN_URL))
