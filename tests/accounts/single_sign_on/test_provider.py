"""Signing in at an OpenID Connect provider: a real one, on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.sign_in.openid_views import ASKING
from tests.openid.journey import CALLBACK_URL, SIGN_IN_URL, come_back, leave, parameters
from tests.openid.provider import OpenIDProvider, Visitor, running
from tests.pages import CONFIRM_URL, HTMX, LOGIN_URL, give_password, sign_in, signed_in, text_of

pytestmark = pytest.mark.django_db

CALLBACK = f"http://localhost:8000{CALLBACK_URL}"
ASK_URL = "/accounts/openid/confirm/"
CONNECT_URL = "/profile/security/single-sign-on/"
DISCONNECT_URL = "/profile/security/single-sign-on/disconnect/"
TOKEN_FORM = "/profile/security/tokens/new/"
ALICE = {"preferred_username": "alice", "name": "Alice A.", "email": "alice@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIDProvider]:
    with running(tmp_path_factory.mktemp("openid"), CALLBACK) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: OpenIDProvider, settings: Any) -> OpenIDProvider:
    """The provider, which knows alice, and is named in the settings."""
    cache.clear()
    running_provider.knows(s1=ALICE)
    for name, value in running_provider.settings.items():
        setattr(settings, name, value)
    return running_provider


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with httpx.Client() as client:
        yield Visitor(client)


@pytest.fixture
def connected(alice: User, provider: OpenIDProvider) -> User:
    """Alice, who has no password and is connected to s1 at the provider."""
    SocialAccount.objects.create(user=alice, provider=provider.issuer, uid="s1")
    return alice


def sign_in_as(client: Client, visitor: Visitor, name: str, target: str = "") -> Any:
    return come_back(client, visitor.answer_to(leave(client, target=target), name))


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/profile/").status_code == 200)


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


# The way there and back


def test_a_connected_person_signs_in_and_is_where_they_wanted_to_go(connected: User, visitor: Visitor) -> None:
    client = Client()
    target = "/profile/security/tokens/?state=ended"
    page = client.get(LOGIN_URL, {"next": target})
    assert "Sign in at localhost" in text_of(page)
    response = sign_in_as(client, visitor, "s1", target)
    assert (response.status_code, response.headers["Location"]) == (302, target)
    assert client.session["_auth_user_id"] == str(connected.pk)


def test_ava4_who_comes_back_while_two_ask_the_provider_loads_the_page_again(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    with ASKING.slot(), ASKING.slot():
        assert come_back(client, answer).status_code == 503
    assert come_back(client, answer).status_code == 302
    assert is_signed_in(client)


def test_the_provider_is_asked_by_code_with_pkce_state_and_nonce(provider: OpenIDProvider) -> None:
    client = Client()
    first, second = parameters(leave(client)), parameters(leave(client))
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 16
        assert first[name] != second[name]


def test_t49_the_provider_sends_people_to_the_configured_origin(provider: OpenIDProvider, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert parameters(leave(client))["redirect_uri"] == CALLBACK


def test_no_redirect_answers_the_form_that_leads_to_the_provider(provider: OpenIDProvider) -> None:
    response = Client().post(SIGN_IN_URL)
    assert response.status_code == 200
    assert "form-action 'self'" in response.headers["Content-Security-Policy"]
    assert "Go to localhost" in text_of(response)


def test_a_link_only_asks_whether_to_go_to_the_provider(provider: OpenIDProvider) -> None:
    client = Client()
    response = client.get(SIGN_IN_URL, {"next": "/manage/"})
    assert "You sign in at localhost and come back here." in text_of(response)
    assert 'name="next" value="/manage/"' in response.content.decode()
    assert not client.session.get("socialaccount_states")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_t48_no_link_leads_from_the_provider_to_another_place(connected: User, visitor: Visitor, target: str) -> None:
    assert sign_in_as(Client(), visitor, "s1", target).headers["Location"] == "/profile/"


def test_who_is_signed_in_already_goes_on(connected: User) -> None:
    client = signed_in(connected)
    assert client.get(SIGN_IN_URL, {"next": "/manage/"}).headers["Location"] == "/manage/"
    assert client.post(SIGN_IN_URL).headers["Location"] == "/profile/"


def test_an_answer_works_once_and_in_the_browser_that_left(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    other = come_back(Client(), answer)
    assert other.status_code == 400
    assert "does not belong to a sign-in that was begun in this browser" in text_of(other)
    assert come_back(client, answer).status_code == 302
    client.post("/accounts/logout/")
    assert come_back(client, answer).status_code == 400
    assert not is_signed_in(client)


def test_an_answer_that_comes_after_ten_minutes_is_refused(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert come_back(client, answer).status_code == 400


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?error=access_denied"])
def test_an_answer_that_nobody_asked_for_is_refused(provider: OpenIDProvider, query: str) -> None:
    assert Client().get(CALLBACK_URL + query).status_code == 400


def test_who_turns_back_at_the_provider_is_told_so(connected: User, visitor: Visitor) -> None:
    client = Client()
    response = come_back(client, visitor.cancel(leave(client)))
    assert response.status_code == 400
    assert "You came back from localhost without having signed in there." in text_of(response)


def test_t45_the_session_has_another_id_after_signing_in(connected: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    before = client.session.session_key
    come_back(client, answer)
    assert client.session.session_key != before
    assert not client.session.exists(before)


def test_t51_nobody_keeps_this_server_busy_with_asking_the_provider(provider: OpenIDProvider) -> None:
    statuses = [Client().post(SIGN_IN_URL).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


def test_a_session_of_somebody_else_ends_first(connected: User, bob: User, visitor: Visitor) -> None:
    client = Client()
    answer = visitor.answer_to(leave(client), "s1")
    sign_in(client, bob)
    assert come_back(client, answer).status_code == 302
    assert client.session["_auth_user_id"] == str(connected.pk)


# Who it is


def test_unknown_people_are_refused_with_what_to_do(alice: User, provider: OpenIDProvider, visitor: Visitor) -> None:
    give_password(alice)
    client = Client()
    response = sign_in_as(client, visitor, "s1")
    assert response.status_code == 403
    assert "You signed in at localhost as alice. No account of this instance that you could use" in text_of(response)
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
    assert "Sign in at localhost once more before you go on; it holds for 15 minutes." in text_of(page)
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
    response = come_back(client, visitor.answer_to(leave(client, ASK_URL), "s2"))
    assert response.status_code == 403
    assert "This is somebody else" in text_of(response)
    assert client.get(TOKEN_FORM).status_code == 302
    assert AuditEvent.objects.get().action == "user:sign_in_failed"


def test_t46_an_old_sign_in_at_the_provider_confirms_nothing(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected, confirmed=False)
    other = Client()
    sign_in_as(other, visitor, "s1")
    # As a provider does that asks nobody again, whatever it is told.
    with time_machine.travel(time.time() + 300):
        address = leave(client, ASK_URL).replace("prompt=login", "x=x").replace("max_age=0", "max_age=9999")
        response = come_back(client, visitor.answer_to(address, "s1"))
    assert response.status_code == 403
    assert "localhost did not say that it had asked again who you are" in text_of(response)
    assert client.get(TOKEN_FORM).status_code == 302


def test_a_confirmation_that_comes_back_to_a_session_that_ended_is_refused(connected: User, visitor: Visitor) -> None:
    client = signed_in(connected)
    answer = visitor.answer_to(leave(client, ASK_URL), "s1")
    User.objects.filter(pk=connected.pk).update(is_active=False)
    assert come_back(client, answer).status_code == 400


# Connecting an account


def test_who_has_an_account_connects_it_and_signs_in_at_the_provider(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    client = signed_in(give_password(alice))
    assert "Your account is not connected." in text_of(client.get(CONNECT_URL))
    response = come_back(client, visitor.answer_to(leave(client, CONNECT_URL), "s1"))
    assert response.headers["Location"] == CONNECT_URL
    words = text_of(client.get(CONNECT_URL))
    assert "Connected. You can sign in there from now on." in words
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


def test_who_has_a_password_may_disconnect(connected: User) -> None:
    client = signed_in(give_password(connected))
    assert "Disconnect localhost?" in text_of(client.get(DISCONNECT_URL))
    assert client.post(DISCONNECT_URL).headers["Location"] == CONNECT_URL
    assert "Disconnected. Sign in with your password from now on." in text_of(client.get(CONNECT_URL))
    assert not SocialAccount.objects.exists()
    assert actions() == ["user:disconnect_identity"]
    client.post(DISCONNECT_URL)
    assert actions() == ["user:disconnect_identity"]


def test_nobody_disconnects_their_only_way_in(connected: User) -> None:
    client = signed_in(connected)
    page = client.get(CONNECT_URL)
    assert "It is your only way to sign in: set a password first." in text_of(page)
    assert '<a href="/profile/security/password/">set a password</a>' in page.content.decode()
    client.post(DISCONNECT_URL)
    assert SocialAccount.objects.exists()


def test_the_navigation_names_single_sign_on_where_there_is_a_provider(connected: User, settings: Any) -> None:
    client = signed_in(connected)
    assert "Single sign-on" in text_of(client.get("/profile/"))
    settings.OIDC_ISSUER = ""
    assert "Single sign-on" not in text_of(client.get("/profile/"))
    assert "Sign in at" not in text_of(Client().get(LOGIN_URL))


# The second factor


def test_t53_the_provider_is_the_first_factor_and_the_second_is_still_asked(connected: User, visitor: Visitor) -> None:
    Authenticator.objects.create(user=connected, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    assert sign_in_as(client, visitor, "s1").headers["Location"] == "/accounts/second-factor/"
    assert "_auth_user_id" not in client.session
    assert not is_signed_in(client)


def test_an_account_with_a_passkey_is_not_opened_by_what_the_provider_says(
    alice: User, provider: OpenIDProvider, visitor: Visitor
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={})
    assert sign_in_as(Client(), visitor, "s1").status_code == 403
