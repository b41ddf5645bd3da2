"""T73: ways in that an older copy has brought back are closed again, and people find another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.mailed_links.links import link_digest
from accounts.mailed_links.password_reset import live_resets, send_link
from accounts.models import PasswordReset
from accounts.outbox.delivery import send_due_mails
from reference_tokens.fence.lines import Word
from reference_tokens.restoring.holding import hold
from tests.factories import UserFactory
from tests.reference_tokens.fence.fences import in_file, tell

PAGE = "/profile/security/tokens/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fence(settings: Any, tmp_path: Path) -> None:
    in_file(settings, tmp_path)
    hold(timezone.now())


def test_t73_a_session_that_had_ended_ends_again(client: Client) -> None:
    person, other, elsewhere = UserFactory.create(), UserFactory.create(), Client()
    client.force_login(person)
    elsewhere.force_login(other)
    for one in (client, elsewhere):
        assert one.get(PAGE).status_code == 200
    tell(Word.SESSIONS_ENDED, person.pk)
    assert hold(timezone.now()).ended["user-sessions-ended"] == 1
    assert client.get(PAGE).status_code == 302
    assert elsewhere.get(PAGE).status_code == 200


def test_t73_a_password_that_was_another_is_taken_with_the_links_to_it(mailoutbox: list[Any]) -> None:
    person, now = UserFactory.create(password="usable", email="jane@example.com"), timezone.now()
    PasswordReset.objects.create(user=person, email=person.email, digest=link_digest("old"), asked_at=now)
    tell(Word.CREDENTIALS, person.pk)
    assert hold(now).count == 1
    person.refresh_from_db()
    assert not person.check_password("usable")
    assert not live_resets(link_digest("old"), now=now).exists()
    # As whoever has forgotten theirs.
    send_link(login=person.username, address=None, now=now)
    send_due_mails()
    assert [mail.subject.endswith("Choose a new password") for mail in mailoutbox] == [True]
    assert PasswordReset.objects.filter(user=person).exists()


def test_t73_who_has_no_password_gets_none() -> None:
    person = UserFactory.create()
    person.set_unusable_password()
    person.save()
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    tell(Word.CREDENTIALS, person.pk)
    assert hold(timezone.now()).count == 1
    person.refresh_from_db()
    assert not person.has_usable_password()
    assert not Authenticator.objects.exists()
