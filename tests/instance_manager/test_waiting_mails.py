"""The mails that wait although they should have been sent long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OutboxEntry, User
from instance_manager import mails
from reference_tokens.models import Notice
from tests.pages import text_of

WAITING = "/manage/waiting-mails/"


def waiting(minutes: int, **columns: object) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    common = {"kind": "letter", "is_urgent": False, "created_at": at, "due_at": at + timedelta(hours=6)}
    OutboxEntry.objects.bulk_create([OutboxEntry(**common | columns)])


def test_a_mail_that_waits_is_listed_with_its_recipient_its_tries_and_what_to_do(
    administrator_client: Client, alice: User
) -> None:
    waiting(180, user=alice, attempts=3, expires_at=timezone.now() + timedelta(days=2))
    response = administrator_client.get(WAITING)
    text = text_of(response)
    assert "1 mail" in text
    assert "Account Alice (alice) 3 3 hours ago" in text
    assert "Check that the mail server in EMAIL_URL answers" in text
    assert f'href="/manage/security/users/{alice.pk}/"' in response.content.decode()


def test_a_mail_about_tokens_says_what_it_is_about_and_is_never_given_up(
    administrator_client: Client, alice: User
) -> None:
    notice = Notice.objects.create(kind="expiry", recipient=alice, cause="", created_at=timezone.now())
    waiting(11, kind="token_notice", reference=notice.pk)
    text = text_of(administrator_client.get(WAITING))
    assert "Tokens: Expires soon Alice (alice) 0 11 minutes ago" in text
    assert text.split("Next try")[-1].count("Never") == 1


def test_the_recipient_of_a_mail_that_names_an_account_is_sealed(administrator_client: Client) -> None:
    waiting(11, kind="password_reset")
    assert "Account Sealed 0" in text_of(administrator_client.get(WAITING))


def test_of_many_mails_the_oldest_are_listed(administrator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "MOST_SHOWN", 2)
    for minutes in (30, 40, 50):
        waiting(minutes)
    response = administrator_client.get(WAITING)
    assert "3 mails, of which the oldest 2 are listed" in text_of(response)
    assert len(response.context["mails"]) == 2


def test_where_no_mail_waits_the_page_says_so(administrator_client: Client) -> None:
    waiting(9)
    text = text_of(administrator_client.get(WAITING))
    assert "0 mails" in text
    assert "No mail waits" in text
    assert "EMAIL_URL" not in text
