"""The old value of one's own rotated token: listed, and ended (TOK-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import DailyUse, ReferenceToken
from tests.factories import alter, issued_pat, rotated, used_from
from tests.introspection import is_active
from tests.pages import (
    HTMX,
    text_of,
)
from tests.profile_site.rotation_form import HOUR, LIST, end_of, rotate_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


# --- In the list -----------------------------------------------------------------------------------------------------


def test_tok10_the_list_says_what_is_being_replaced_and_whether_it_is_still_used(
    alice_client: Client, token: ReferenceToken
) -> None:
    assert f'href="{rotate_of(token)}"' in alice_client.get(LIST).content.decode()
    new = rotated(token).token
    response = alice_client.get(LIST)
    content, words = response.content.decode(), text_of(response)
    assert f"Replaced by {new.hint}. The old value has not been used since." in words
    assert "End now: Laptop" in words
    assert "Being replaced" in words
    assert f'href="{end_of(token)}"' in content
    assert [f'href="{rotate_of(one)}"' in content for one in (token, new)] == [False, True]
    alter(token, last_used_at=timezone.now() + HOUR)
    assert f"Replaced by {new.hint}. The old value is still used." in text_of(alice_client.get(LIST))


def test_tok10_an_ended_old_value_is_told_as_replaced(alice_client: Client, token: ReferenceToken) -> None:
    new = rotated(token).token
    alter(token, issued_at=timezone.now() - 2 * HOUR, expires_at=timezone.now())
    words = text_of(alice_client.get(f"{LIST}?state=ended"))
    assert f"Replaced by {new.hint}" in words
    assert "Expired" not in words.partition("Ended")[2]


# --- Ending the old value --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tok10_end_now_says_what_still_uses_the_old_value(
    alice_client: Client, token: ReferenceToken, headers: Any
) -> None:
    alter(token, issued_at=timezone.now() - timedelta(days=9))
    new = rotated(token).token
    alter(new, issued_at=timezone.now() - timedelta(days=1))
    words = text_of(alice_client.get(end_of(token), headers=headers))
    assert "End the old value of “Laptop”?" in words
    assert f"Anything which uses {token.hint} stops working at once. This cannot be undone. {new.hint} stays" in words
    assert "It has not been used since it was rotated on" in words
    used = timezone.now() - timedelta(minutes=12)
    alter(token, last_used_at=used, last_used_address="10.1.2.3")
    used_from(token, {"10.1.2.3": used, "10.9.9.9": used - timedelta(days=3)})
    for days, accepted in ((0, 1_234), (5, 77)):
        day = (timezone.now() - timedelta(days=days)).date()
        DailyUse.objects.create(token=token, day=day, accepted=accepted, refused=days)
    words = text_of(alice_client.get(end_of(token), headers=headers))
    assert "It was last used 12 minutes ago from 10.1.2.3." in words
    assert "Used from 10.1.2.3, 12 minutes ago Uses per day" in words
    assert f"{timezone.now():%-d %b %Y}: 1,234 accepted, 0 refused" in words
    assert "77 accepted" not in words
    assert ReferenceToken.objects.get(pk=token.pk).revoked_at is None


def test_tok10_ended_now_the_old_value_is_good_no_more_and_the_new_one_is(
    alice: User, alice_client: Client, application: TrustedApplication, server: Any
) -> None:
    issued = issued_pat(alice, application, description="Laptop")
    new = rotated(issued.token)
    shown = alice_client.post(end_of(issued.token), follow=True)
    assert f"The old value of Laptop, {issued.token.hint}, has ended." in text_of(shown)
    assert [is_active(Client(), server, value) for value in (issued.plaintext, new.plaintext)] == [False, True]
    words = text_of(alice_client.get(f"{LIST}?state=ended"))
    assert f"Revoked by Alice (alice): Replaced by {new.token.hint}" in words


def test_ending_twice_is_no_error_and_htmx_gets_the_list(alice_client: Client, token: ReferenceToken) -> None:
    rotated(token)
    for _time in range(2):
        response = alice_client.post(end_of(token), headers=HTMX)
        assert response.content.decode().strip().startswith('<section id="tokens" class="list" hx-swap-oob="true"')
        assert "has ended. What uses it fails from now on." in text_of(response)
    assert AuditEvent.objects.filter(action="token:revoke").count() == 1


def test_what_was_not_rotated_has_no_old_value_to_end(alice_client: Client, token: ReferenceToken) -> None:
    assert alice_client.post(end_of(token)).status_code == 404
    assert ReferenceToken.objects.get().revoked_at is None
