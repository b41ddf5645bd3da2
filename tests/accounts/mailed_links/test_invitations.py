"""Inviting people: an account without a password, and a link by mail with which its person chooses one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit.record import OPERATOR, SERVICE
from accounts.mailed_links.invitations import accept_invitation, invite_person, renew_invitation
from accounts.mailed_links.links import link_digest
from accounts.models import AuditEvent, Invitation, User
from accounts.single_sign_on.identities import connect
from accounts.single_sign_on.provider import Identity
from tests.factories import ApplicationFactory, UserFactory, invitation_link, issued_pat
from tests.languages import second_language
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, errors_of, form_of, give_password, signed_in, text_of

pytestmark = pytest.mark.django_db

FORM = "/accounts/invitation/"
LINK = re.compile(r"http://localhost:8000(/accounts/invitation/[^/\s]{43}/)\n")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EMAIL = "Carol@example.com"
CHOSEN = "seven swans on a frozen lake"


def waiting_invitation(user: User) -> Invitation | None:
    """The invitation that the person has not accepted yet."""
    return Invitation.objects.filter(user=user).first()


def invite(**changes: Any) -> User:
    given: dict[str, Any] = {"actor": OPERATOR, "username": "carol", "email": EMAIL, "now": timezone.now()}
    return invite_person(**given | changes)


def link() -> str:
    """The path of the link in the newest mail to the person who was invited."""
    found = LINK.findall(str(mail.outbox[-1].body))
    assert (len(found), mail.outbox[-1].recipients()) == (1, [EMAIL])
    return str(found[0])


def accept(client: Client, address: str, **fields: str) -> Any:
    form = client.get(address, follow=True)
    assert form.status_code == 200
    return client.post(FORM, form_of(form, FORM) | {"new_password": CHOSEN} | fields)


def test_somebody_who_was_invited_chooses_a_password_and_signs_in(client: Client) -> None:
    user = invite(name="Carol", is_administrator=True)
    response = accept(client, link(), name="Carol Singer")
    assert (response.status_code, response.headers["Location"]) == (302, LOGIN_URL)
    assert "Your password is set. Sign in with it." in text_of(client.get(LOGIN_URL))
    signed = Client().post(LOGIN_URL, {"login": "carol", "password": CHOSEN})
    assert signed.headers["Location"] == AFTER_SIGN_IN
    user.refresh_from_db()
    assert (user.name, user.is_administrator) == ("Carol Singer", True)


def test_the_page_says_the_user_name_and_asks_for_the_name_and_one_password(client: Client) -> None:
    invite(name="Carol")
    page = client.get(link(), follow=True)
    assert "Your user name is carol" in text_of(page)
    form = form_of(page, FORM)
    assert form["name"] == ["Carol"]
    assert form["new_password"] == [""]
    assert 'autocomplete="new-password"' in page.content.decode()


@pytest.mark.parametrize("is_open", [True, False])
def test_a_refused_name_leads_to_the_help_where_who_is_signed_out_may_read_it(
    client: Client, settings: Settings, is_open: bool
) -> None:
    settings.HELP_SIGNED_OUT = is_open
    token = issued_pat(UserFactory.create(), ApplicationFactory.create())
    invite()
    refused = accept(client, link(), name=token.plaintext)
    assert refused.status_code == 422
    assert ("/help/troubleshooting/#a-text-is-refused" in refused.text) == is_open


def test_until_then_nobody_signs_in_as_them(client: Client) -> None:
    user = invite()
    assert not user.has_usable_password()
    assert errors_of(client.post(LOGIN_URL, {"login": "carol", "password": ""})) == ["Enter your password."]


def test_the_key_is_stored_nowhere_and_leaves_the_address(client: Client) -> None:
    invite()
    address = link()
    key = address.split("/")[-2]
    response = client.get(address)
    assert response.headers["Location"] == FORM
    assert key not in str(list(client.session.items()))
    assert bytes(Invitation.objects.get().digest) == link_digest(key)
    assert key not in client.get(FORM).content.decode()
    assert key not in str(AuditEvent.objects.values_list("details", flat=True))


def test_t45_a_session_that_somebody_planted_does_not_hold_the_link(client: Client) -> None:
    session = client.session
    session["planted"] = "x"
    session.save()
    thief = Client()
    for browser in (client, thief):
        browser.cookies["session"] = str(session.session_key)
    invite()
    client.get(link())
    assert client.get(FORM).status_code == 200
    assert thief.get(FORM).status_code == 404


def test_the_link_works_once(client: Client) -> None:
    invite()
    address = link()
    other = Client()
    assert other.get(address, follow=True).status_code == 200
    accept(client, address)
    for response in (client.get(address), other.get(FORM), other.post(FORM, {"new_password": CHOSEN})):
        assert response.status_code == 404
        assert "This link is not valid" in text_of(response)


def test_two_who_send_the_form_at_once_are_not_both_served() -> None:
    user = invite()
    digest = link_digest(link().split("/")[-2])
    given: dict[str, Any] = {"user": user, "digest": digest, "name": "", "address": None, "now": timezone.now()}
    assert accept_invitation(password=CHOSEN, **given)
    assert not accept_invitation(password="another one that is long", **given)
    assert User.objects.get(pk=user.pk).check_password(CHOSEN)


def test_the_page_says_so_where_the_link_died_while_the_form_was_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite()
    client.get(link())
    # Another request was quicker by this much.
    monkeypatch.setattr("accounts.passwords.forms.validate_password", lambda *_: Invitation.objects.all().delete())
    assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404


def test_the_link_lives_for_seven_days(client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        user = invite()
        address = link()
        invitation = waiting_invitation(user)
        assert invitation is not None
        assert invitation.expires_at == NOW + timedelta(days=7)
        clock.shift(timedelta(days=7, seconds=-1))
        assert not invitation.is_expired(timezone.now())
        assert client.get(address, follow=True).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert invitation.is_expired(timezone.now())
        assert client.get(address).status_code == 404
        assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404
        assert waiting_invitation(user) == invitation


def test_a_new_invitation_ends_the_old_link(client: Client) -> None:
    user = invite()
    first = link()
    assert renew_invitation(actor=OPERATOR, user=user, now=timezone.now())
    assert client.get(first).status_code == 404
    accept(client, link())
    assert waiting_invitation(user) is None


def test_who_was_made_by_command_without_a_password_can_be_invited(client: Client) -> None:
    user = UserFactory.create(email=EMAIL)
    assert waiting_invitation(user) is None
    assert renew_invitation(actor=OPERATOR, user=user, now=timezone.now())
    assert accept(client, link()).status_code == 302


@pytest.mark.parametrize(
    "trait", [{"is_active": False}, {"kind": "SYSTEM"}, {"email": ""}, {"deleted_at": NOW, "is_active": False}]
)
def test_peo1_who_may_not_sign_in_or_has_no_address_is_not_invited(trait: dict[str, Any]) -> None:
    user = UserFactory.create(**{"email": EMAIL} | trait)
    assert not renew_invitation(actor=OPERATOR, user=user, now=timezone.now())
    assert (mail.outbox, Invitation.objects.count()) == ([], 0)


def test_who_has_a_password_or_another_way_in_is_not_invited_again(settings: Settings) -> None:
    settings.OIDC_ISSUER = "https://login.example"
    by_password = give_password(UserFactory.create(email=EMAIL))
    by_provider = UserFactory.create(email="other@example.com")
    SocialAccount.objects.create(user=by_provider, provider="https://login.example", uid="1")
    for user in (by_password, by_provider):
        assert not renew_invitation(actor=OPERATOR, user=user, now=timezone.now())
    assert mail.outbox == []


def test_who_could_sign_in_at_a_former_provider_alone_is_invited_again() -> None:
    user = UserFactory.create(email=EMAIL)
    SocialAccount.objects.create(user=user, provider="https://former.example", uid="1")
    assert renew_invitation(actor=OPERATOR, user=user, now=timezone.now())


@pytest.mark.parametrize("trait", [{"is_active": False}, {"kind": "SYSTEM"}, {"deleted_at": NOW}])
def test_peo1_the_link_of_who_may_no_longer_sign_in_is_dead(client: Client, trait: dict[str, Any]) -> None:
    user = UserFactory.create()
    address = f"{FORM}{invitation_link(user)}/"
    client.get(address)
    User.objects.filter(pk=user.pk).update(**trait)
    assert client.get(address).status_code == 404
    assert client.post(FORM, {"new_password": CHOSEN}).status_code == 404


def test_a_first_sign_in_at_the_provider_ends_the_link(client: Client) -> None:
    user = invite()
    identity = Identity("https://login.example", "1", "carol", "", EMAIL, None)
    address = link()
    connect(identity, user=user, actor=SERVICE, now=timezone.now())
    assert client.get(address).status_code == 404


def test_who_was_signed_in_in_this_browser_is_signed_out(alice: User) -> None:
    client = signed_in(alice)
    invite()
    accept(client, link())
    assert client.get("/profile/").headers["Location"].startswith(LOGIN_URL)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"new_password": ""}, ["Enter a new password."]),
        (
            {"new_password": "fourteen chars"},
            ["This password is too short. It must contain at least 15 characters."],
        ),
        ({"new_password": CHOSEN, "name": "Ca\u202erol"}, ["Remove the invisible characters."]),
    ],
)
def test_what_cannot_be_taken_is_asked_for_again(client: Client, fields: dict[str, str], errors: list[str]) -> None:
    invite()
    response = accept(client, link(), **fields)
    assert (response.status_code, errors_of(response)) == (422, errors)
    assert CHOSEN not in response.content.decode()
    assert accept(client, link()).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "carol"}, "email"),
        ({"username": "ALICE"}, "__all__"),
        ({"username": "no spaces"}, "username"),
        ({"email": "ALICE@example.com"}, "__all__"),
    ],
)
def test_a_bad_or_taken_name_or_address_invites_nobody(alice: User, changes: dict[str, str], field: str) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    with pytest.raises(ValidationError) as caught:
        invite(**changes)
    assert field in caught.value.message_dict
    assert (mail.outbox, User.objects.count(), AuditEvent.objects.count()) == ([], 1, 0)


def test_aud1_an_invitation_and_what_became_of_it_are_recorded(client: Client) -> None:
    user = invite()
    accept(client, link(), name="Carol")
    found = AuditEvent.objects.order_by("seq").values_list("action", "actor_type", "actor_id", "target_id")
    own = ("user", str(user.pk), str(user.pk))
    assert list(found) == [
        ("user:create", "operator", "", str(user.pk)),
        ("user:invite", "operator", "", str(user.pk)),
        ("user:accept_invitation", *own),
        ("user:update", *own),
    ]


def test_who_accepts_in_a_language_keeps_it_in_the_profile(client: Client) -> None:
    user = invite()
    with second_language():
        client.post("/language/", {"language": "de"})
        accept(client, link())
    user.refresh_from_db()
    assert user.language == "de"
