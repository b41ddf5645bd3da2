"""Whom the provider's answer signs in, whom it connects, and whom it creates."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from tests.accounts.single_sign_on.at_the_provider import ALICE, actions, is_signed_in, sign_in_as
from tests.openid.journey import leave, parameters
from tests.openid.provider import OpenIDProvider, Visitor
from tests.pages import LOGIN_URL, give_password, text_of

pytestmark = pytest.mark.django_db


# Who it is


def test_unknown_people_are_refused_with_what_to_do(alice: User, provider: OpenIDProvider, visitor: Visitor) -> None:
    give_password(alice)
    client = Client()
    response = sign_in_as(client, visitor, "s1")
    assert response.status_code == 403
    assert "You signed in at localhost as alice. No active account here is connected to it" in text_of(response)
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id, event.actor_type) == ("user:sign_in_failed", "", "anonymous")


def test_a_name_chosen_at_the_provider_opens_nobodys_account(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    for claims in ({"preferred_username": "alice"}, ALICE, ALICE | {"email_verified": False}):
        provider.knows(mallory=claims)
        User.objects.filter(pk=give_password(alice).pk).update(email="alice@example.com")
        assert sign_in_as(Client(), visitor, "mallory").status_code == 403
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("email", "claims"),
    [
        ("alice@example.com", {"email_verified": False}),
        ("alice@example.com", {"email_verified": "true"}),
        ("alice@example.com", {"email": "other@example.com"}),
        # The Kelvin sign, whose small letter is the k of everybody else.
        ("alice@kiosk.example", {"email": "alice@\N{KELVIN SIGN}iosk.example"}),
        ("", {"email": ""}),
        ("", {}),
        ("alice@example.com", {"preferred_username": "bob"}),
        ("alice@example.com", {"preferred_username": ["alice"]}),
    ],
)
def test_a_waiting_account_is_not_opened_without_its_name_and_verified_address(
    alice: User, provider: OpenIDProvider, visitor: Visitor, email: str, claims: dict[str, Any]
) -> None:
    User.objects.filter(pk=alice.pk).update(email=email)
    provider.knows(s1=ALICE | claims)
    assert sign_in_as(Client(), visitor, "s1").status_code == 403
    assert not SocialAccount.objects.exists()


def test_a_waiting_account_is_connected_at_the_first_sign_in(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    User.objects.filter(pk=alice.pk).update(email="Alice@Example.com")
    client = Client()
    assert sign_in_as(client, visitor, "s1").status_code == 302
    assert is_signed_in(client)
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid) == (alice, provider.issuer, "s1")
    assert account.extra_data == {}
    assert not SocialToken.objects.exists()
    event = AuditEvent.objects.get(action="user:connect_identity")
    assert (event.target_id, event.details) == (str(alice.pk), {"issuer": provider.issuer})


def test_somebody_else_who_gets_the_name_at_the_provider_is_refused(
    connected: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    User.objects.filter(pk=connected.pk).update(email="alice@example.com")
    provider.knows(s2=ALICE)
    assert sign_in_as(Client(), visitor, "s2").status_code == 403


def test_the_same_subject_of_another_issuer_is_somebody_else(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    SocialAccount.objects.create(user=alice, provider="https://other.example", uid="s1")
    assert sign_in_as(Client(), visitor, "s1").status_code == 403


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"kind": "SYSTEM", "password": "!"}, {"deleted_at": timezone.now()}]
)
@pytest.mark.parametrize("was_connected", [True, False])
def test_peo1_system_users_the_inactive_and_the_deleted_have_no_way_in(
    alice: User, provider: OpenIDProvider, visitor: Visitor, change: dict[str, Any], was_connected: bool
) -> None:
    if was_connected:
        SocialAccount.objects.create(user=alice, provider=provider.issuer, uid="s1")
    User.objects.filter(pk=alice.pk).update(email="alice@example.com", **change)
    client = Client()
    assert sign_in_as(client, visitor, "s1").status_code == 403
    assert not is_signed_in(client)
    assert AuditEvent.objects.get().target_id == (str(alice.pk) if was_connected else "")


def test_t45_who_is_deactivated_is_signed_out(connected: User, visitor: Visitor) -> None:
    client = Client()
    sign_in_as(client, visitor, "s1")
    User.objects.filter(pk=connected.pk).update(is_active=False)
    assert not is_signed_in(client)


def test_a_row_of_the_database_brings_no_other_provider(provider: OpenIDProvider) -> None:
    SocialApp.objects.create(provider="openid_connect", provider_id=provider.issuer, client_id="evil", name="Evil")
    assert parameters(leave(Client()))["client_id"] == "tokens"


# People who are new


@pytest.fixture
def creates(settings: Any) -> None:
    settings.OIDC_CREATE_USERS = True


def test_new_people_are_created_where_the_setting_says_so(
    creates: None, provider: OpenIDProvider, visitor: Visitor
) -> None:
    client = Client()
    assert sign_in_as(client, visitor, "s1").status_code == 302
    user = User.objects.get()
    assert (user.username, user.name, user.email) == ("alice", "Alice A.", "alice@example.com")
    assert (user.is_administrator, user.is_person, user.has_usable_password()) == (False, True, False)
    assert actions()[:2] == ["user:create", "user:connect_identity"]
    assert sign_in_as(Client(), visitor, "s1").status_code == 302
    assert User.objects.count() == 1


def test_the_sign_in_page_says_who_creates_accounts(provider: OpenIDProvider, settings: Any) -> None:
    said = "Accounts are created by an administrator."
    assert said in text_of(Client().get(LOGIN_URL))
    settings.OIDC_CREATE_USERS = True
    assert said not in text_of(Client().get(LOGIN_URL))


@pytest.mark.parametrize("language", ["en", "de", "bg"])
def test_new_people_keep_the_language_of_the_page_that_they_came_by(
    creates: None, provider: OpenIDProvider, visitor: Visitor, language: str
) -> None:
    sign_in_as(Client(headers={"Accept-Language": language}), visitor, "s1")
    assert User.objects.get().language == language


def test_new_people_have_no_address_that_was_not_verified_and_no_forged_name(
    creates: None, provider: OpenIDProvider, visitor: Visitor
) -> None:
    provider.knows(s1={"preferred_username": "alice", "name": "A\u202elice", "email": "boss@example.com"})
    sign_in_as(Client(), visitor, "s1")
    user = User.objects.get()
    assert (user.name, user.email) == ("Alice", "")


@pytest.mark.parametrize("claim", ["login", "email"])
def test_the_setting_says_which_claim_is_the_user_name(
    creates: None, provider: OpenIDProvider, visitor: Visitor, settings: Any, claim: str
) -> None:
    settings.OIDC_USERNAME_CLAIM = claim
    provider.knows(s1=ALICE | {"login": "al"})
    sign_in_as(Client(), visitor, "s1")
    assert User.objects.get().username == {"login": "al", "email": "alice@example.com"}[claim]


@pytest.mark.parametrize(
    "claims",
    [
        {"preferred_username": "alice smith"},
        {"preferred_username": ""},
        {"preferred_username": "x" * 151},
        {"preferred_username": None},
        {"preferred_username": "BOB"},
        {"email": "bob@example.com"},
    ],
)
def test_a_name_or_address_that_cannot_be_used_or_is_taken_creates_nobody(
    creates: None, bob: User, provider: OpenIDProvider, visitor: Visitor, claims: dict[str, Any]
) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@example.com", password="!")
    give_password(bob)
    provider.knows(s1=ALICE | claims)
    response = sign_in_as(Client(), visitor, "s1")
    assert response.status_code == 403
    assert User.objects.get() == bob
    assert actions() == ["user:sign_in_failed"]


def test_an_account_with_a_passkey_is_not_opened_by_what_the_provider_says(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={})
    assert sign_in_as(Client(), visitor, "s1").status_code == 403
