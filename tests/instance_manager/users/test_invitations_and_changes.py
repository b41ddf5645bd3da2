"""Inviting people, creating System Users and changing what is known of them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, User
from accounts.text.validators import USERNAME_CHARACTERS
from tests.factories import UserFactory, invitation_link
from tests.instance_manager.users.addresses import LIST, page_of
from tests.languages import reads_german
from tests.pages import HTMX, errors_of, form_of, give_password, text_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


INVITE = f"{LIST}invite/"
NEW_SYSTEM_USER = f"{LIST}new-system-user/"


# --- Inviting --------------------------------------------------------------------------------------------------------


def test_somebody_is_invited_by_mail(administrator_client: Client, mailoutbox: list[EmailMessage]) -> None:
    sent = form_of(administrator_client.get(INVITE)) | {
        "username": ["carol"],
        "email": ["carol@example.com"],
        "name": ["Carol"],
        "is_administrator": ["on"],
    }
    response = administrator_client.post(INVITE, sent, follow=True)
    assert "Carol (carol) was invited. The link was sent to carol@example.com." in text_of(response)
    carol = User.objects.get(username="carol")
    assert carol.is_administrator
    assert not carol.has_usable_password()
    assert Invitation.objects.get().user == carol
    assert mailoutbox[0].to == ["carol@example.com"]
    assert "Invitation Waits until" in text_of(response)
    assert "Send the invitation again" in text_of(response)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Enter a user name."),
        ({"username": "carol"}, "Enter the e-mail address for the invitation."),
        ({"username": "ALICE", "email": "c@example.com"}, "This user name is taken."),
        ({"username": "c d", "email": "c@example.com"}, "Use only letters from A to Z"),
        ({"username": "carol", "email": "c"}, "valid email"),
        ({"username": "gone", "email": "c@example.com"}, "This user name was used before"),
    ],
)
def test_a_bad_invitation_is_422_and_nobody_is_mailed(
    alice: User, bob: User, administrator_client: Client, mailoutbox: list[EmailMessage], sent: Any, said: str
) -> None:
    gone = UserFactory.create(username="gone")
    administrator_client.post(f"{page_of(gone)}delete/")
    count = User.objects.count()
    response = administrator_client.post(INVITE, sent)
    assert response.status_code == 422
    assert said in " ".join(errors_of(response))
    assert User.objects.count() == count
    assert mailoutbox == []


def test_an_invitation_is_in_the_language_of_who_invites(
    administrator: User, administrator_client: Client, mailoutbox: list[EmailMessage]
) -> None:
    reads_german(administrator)
    administrator_client.post(INVITE, {"username": "carol", "email": "carol@example.com"})
    assert User.objects.get(username="carol").language == "de"
    assert mailoutbox[0].subject == "Ihre Einladung: Wählen Sie ein Passwort"


def test_the_double_click_invites_once(administrator_client: Client, mailoutbox: list[EmailMessage]) -> None:
    sent = {"username": "carol", "email": "carol@example.com"}
    assert administrator_client.post(INVITE, sent).status_code == 302
    assert administrator_client.post(INVITE, sent).status_code == 422
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_invitation_that_expired_is_sent_again(
    alice: User, administrator_client: Client, mailoutbox: list[EmailMessage], headers: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    invitation_link(alice)
    Invitation.objects.update(invited_at=timezone.now() - timedelta(days=8))
    assert "Invitation Expired" in text_of(administrator_client.get(page_of(alice)))
    address = f"{page_of(alice)}invite-again/"
    assert "A new link is sent to alice@example.com." in text_of(administrator_client.get(address, headers=headers))
    assert mailoutbox == []
    administrator_client.post(address, headers=headers)
    said = "Alice (alice) was invited. The link was sent to alice@example.com."
    assert said in text_of(administrator_client.get(page_of(alice)))
    assert not Invitation.objects.get().is_expired(timezone.now())
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_can_sign_in_already_is_not_invited(
    alice: User, administrator_client: Client, mailoutbox: list[EmailMessage], method: str
) -> None:
    User.objects.filter(pk=give_password(alice).pk).update(email="alice@example.com")
    response = getattr(administrator_client, method)(f"{page_of(alice)}invite-again/", follow=True)
    assert "No invitation was sent: Alice (alice) can already sign in" in text_of(response)
    assert mailoutbox == []


# --- System Users ----------------------------------------------------------------------------------------------------


def test_peo1_a_system_user_is_created_without_any_way_in(administrator_client: Client) -> None:
    sent = form_of(administrator_client.get(NEW_SYSTEM_USER)) | {"username": ["robot"], "name": ["Robot"]}
    assert not {"password", "email", "is_administrator", "groups"} & set(sent)
    response = administrator_client.post(NEW_SYSTEM_USER, sent | {"is_administrator": "on", "email": "r@example.com"})
    robot = User.objects.get(username="robot")
    assert response.headers["Location"] == page_of(robot)
    assert (robot.kind, robot.name, robot.email, robot.is_administrator) == ("SYSTEM", "Robot", "", False)
    assert not robot.has_usable_password()
    assert AuditEvent.objects.get(action="user:create").target_id == str(robot.pk)


@pytest.mark.parametrize("username", ["", "ALICE", "a b"])
def test_a_bad_system_user_is_422(alice: User, administrator_client: Client, username: str) -> None:
    response = administrator_client.post(NEW_SYSTEM_USER, {"username": username})
    assert response.status_code == 422
    assert len(errors_of(response)) == 1
    assert not User.objects.filter(kind="SYSTEM").exists()


def test_a_system_user_is_renamed(administrator_client: Client, application: TrustedApplication) -> None:
    robot = application.system_user
    assert robot
    sent = form_of(administrator_client.get(f"{page_of(robot)}edit/")) | {"username": ["machine"], "name": [""]}
    response = administrator_client.post(f"{page_of(robot)}edit/", sent, follow=True)
    assert "The changes to machine were saved." in text_of(response)
    response = administrator_client.post(NEW_SYSTEM_USER, {"username": robot.username})
    assert "This user name was used before" in errors_of(response)[0]


@pytest.mark.parametrize("address", [INVITE, NEW_SYSTEM_USER])
def test_peo1_the_form_says_of_what_a_user_name_is_made(administrator_client: Client, address: str) -> None:
    said = re.search(r"digits and (.+?) are allowed", text_of(administrator_client.get(address)))
    assert said
    assert set(said[1].split()) == set(USERNAME_CHARACTERS.replace("A-Za-z0-9", ""))


# --- Editing ---------------------------------------------------------------------------------------------------------


def test_a_person_is_changed(alice: User, administrator_client: Client) -> None:
    data = Group.objects.create(name="Data")
    sent = form_of(administrator_client.get(f"{page_of(alice)}edit/"))
    assert "username" not in sent
    sent |= {"name": ["Alice Example"], "email": ["alice@example.com"], "groups": [str(data.pk)]}
    response = administrator_client.post(
        f"{page_of(alice)}edit/", sent | {"username": "eve", "is_administrator": "on"}, follow=True
    )
    assert "The changes to Alice Example (alice) were saved." in text_of(response)
    alice.refresh_from_db()
    assert (alice.username, alice.name, alice.email) == ("alice", "Alice Example", "alice@example.com")
    assert not alice.is_administrator
    assert list(alice.groups.all()) == [data]
    assert f'name="groups" value="{data.pk}"' in administrator_client.get(f"{page_of(alice)}edit/").content.decode()


def test_a_bad_change_is_422_and_keeps_what_was_typed(alice: User, bob: User, administrator_client: Client) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")
    response = administrator_client.post(f"{page_of(alice)}edit/", {"name": "Ann", "email": "BOB@example.com"})
    assert response.status_code == 422
    assert errors_of(response) == ["Another user has this e-mail address."]
    assert 'value="Ann"' in response.content.decode()
    alice.refresh_from_db()
    assert alice.name == "Alice"


@pytest.mark.parametrize("act", ["edit", "deactivate", "reactivate", "invite-again", "devices/end-all"])
def test_nothing_is_done_to_the_deleted(alice: User, administrator_client: Client, act: str) -> None:
    User.objects.filter(pk=alice.pk).update(deleted_at=timezone.now(), is_active=False)
    assert administrator_client.get(f"{page_of(alice)}{act}/").status_code == 404
    assert administrator_client.post(f"{page_of(alice)}{act}/").status_code == 404
