"""PEO-1: a System User cannot come in by any door."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.mailed_links.invitations import renew_invitation
from accounts.models import User
from accounts.sign_in.adapters import SignInBackend
from accounts.single_sign_on.identities import NobodyHere, person_signing_in
from accounts.single_sign_on.provider import Identity
from tests.factories import PASSWORD, UserFactory, invitation_link
from tests.pages import AFTER_SIGN_IN, LOGIN_URL, password_hash

pytestmark = pytest.mark.django_db


@pytest.fixture
def robot() -> User:
    """A System User that somebody has given an address behind the product's back."""
    return UserFactory.create(username="robot", email="robot@example.com", system=True)


def test_peo1_no_password_can_be_stored_for_it(robot: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=robot.pk).update(password=password_hash())


def test_peo1_no_password_opens_the_sign_in_page(client: Client, robot: User) -> None:
    for password in (PASSWORD, "!unusable", robot.password):
        assert client.post(LOGIN_URL, {"login": "robot", "password": password}).status_code == 200
        assert client.post(LOGIN_URL, {"login": robot.email, "password": password}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_peo1_what_lets_people_in_refuses_it(robot: User) -> None:
    assert not SignInBackend().user_can_authenticate(robot)


def test_peo1_a_session_in_its_name_is_nobodys(client: Client, robot: User) -> None:
    client.force_login(robot)
    assert client.get(AFTER_SIGN_IN).headers["Location"].startswith(LOGIN_URL)


def test_peo1_no_identity_of_a_provider_stands_for_it(robot: User) -> None:
    identity = Identity("https://id.example.com", "robot-1", "robot", "Robot", "robot@example.com", None)
    with pytest.raises(NobodyHere):
        person_signing_in(identity, actor=OPERATOR, now=timezone.now())
    SocialAccount.objects.create(user=robot, provider=identity.issuer, uid=identity.subject)
    with pytest.raises(NobodyHere):
        person_signing_in(identity, actor=OPERATOR, now=timezone.now())


def test_peo1_it_is_never_invited_and_no_link_lets_it_in(
    client: Client, robot: User, mailoutbox: list[EmailMessage]
) -> None:
    assert not renew_invitation(actor=OPERATOR, user=robot, now=timezone.now())
    assert mailoutbox == []
    client.get(f"/accounts/invitation/{invitation_link(robot)}/")
    assert client.get("/accounts/invitation/").status_code == 404


def test_peo1_a_second_factor_stored_for_it_opens_nothing(client: Client, robot: User) -> None:
    Authenticator.objects.create(user=robot, type=Authenticator.Type.WEBAUTHN, data={})
    client.force_login(robot)
    assert client.get("/manage/").headers["Location"].startswith(LOGIN_URL)
