"""VAL-6: each refusal of a token is told with why, and with the page that mends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken, ResourceServer
from tests.factories import alter, issued_pat, issued_sat, rotated
from tests.instance_manager.tokens.checking import checked, chosen
from tests.introspection import introspect
from tests.pages import text_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> IssuedToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"])


def revoke(token: ReferenceToken, administrator: User) -> None:
    actor = Actor.person(administrator, Source.MANAGE)
    revoke_token(actor=actor, token_id=token.pk, now=timezone.now(), reason="Found in a chat")


def suspend(token: ReferenceToken, administrator: User) -> None:
    alter(token, suspended_at=timezone.now(), suspended_by=administrator, suspension_source="manage")


def expire(token: ReferenceToken, _administrator: User) -> None:
    now = timezone.now()
    alter(token, issued_at=now - timedelta(days=9), expires_at=now - timedelta(days=1))


def deactivate(token: ReferenceToken, _administrator: User) -> None:
    User.objects.filter(pats=token).update(is_active=False)


def disable(token: ReferenceToken, _administrator: User) -> None:
    TrustedApplication.objects.update(is_enabled=False)


def take_scopes(token: ReferenceToken, _administrator: User) -> None:
    TrustedApplication.objects.update(scopes=("delete",))


def close_to(token: ReferenceToken, _administrator: User) -> None:
    ResourceServer.objects.update(asks_for_all_applications=False)


REFUSALS: list[tuple[Callable[[ReferenceToken, User], None], list[str], str]] = [
    (revoke, ["by Ada (ada).", "The reason given: Found in a chat", "create a new token"], "tokens/{token}/"),
    (suspend, ["It was suspended on", "by Ada (ada).", "It works again once it is resumed."], "tokens/{token}/resume/"),
    (expire, ["It expired on"], "tokens/{token}/"),
    (deactivate, ["Alice (alice) is deactivated"], "users/{holder}/"),
    (disable, ["Excel is disabled, and none of its tokens is accepted."], "trusted-apps/{application}/"),
    (take_scopes, ["None of its scopes is in effect.", "read, update"], "trusted-apps/{application}/"),
    (close_to, ["is not registered for tokens of Excel"], "resource-servers/{server}/"),
]


@pytest.mark.parametrize(("act", "sentences", "page"), REFUSALS)
def test_val6_each_refusal_is_told_with_why_and_the_page_that_mends_it(
    administrator: User,
    administrator_client: Client,
    client: Client,
    pat: IssuedToken,
    server: Any,
    act: Callable[[ReferenceToken, User], None],
    sentences: list[str],
    page: str,
) -> None:
    act(pat.token, administrator)
    assert introspect(client, server, pat.plaintext).json() == {"active": False}
    token = pat.token
    ids = {
        "token": token.pk,
        "holder": token.holder_id,
        "application": token.application_id,
        "server": server.pk,
    }
    by_value = checked(administrator_client, pat.plaintext, server)
    by_choice = chosen(administrator_client, token, server)
    for response in (by_value, by_choice):
        words = text_of(response)
        assert "Refused: " in words
        assert 'Answer to introspection 200 {"active": false} Answer at forward auth 401' in words
        assert [sentence for sentence in sentences if sentence not in words] == []
        assert f'<a href="/manage/security/{page.format(**ids)}">' in response.content.decode()
    assert by_value.context["answer"]["sentences"] == by_choice.context["answer"]["sentences"]


def test_val6_a_sat_without_a_system_user_is_told_so(
    administrator_client: Client, application: TrustedApplication
) -> None:
    token = issued_sat(application).token
    TrustedApplication.objects.update(system_user=None)
    assert "Excel has no System User, as whom its application tokens act." in text_of(
        chosen(administrator_client, token)
    )


def test_val6_a_revocation_by_the_operator_is_told_without_a_person(
    administrator_client: Client, pat: IssuedToken
) -> None:
    alter(pat.token, revoked_at=timezone.now())
    words = text_of(chosen(administrator_client, pat.token))
    assert "It was revoked on" in words
    assert "UTC by" not in words


def test_val6_an_old_value_says_until_when_it_works_and_then_which_value_took_its_place(
    administrator_client: Client, pat: IssuedToken
) -> None:
    new = rotated(pat.token).token
    words = text_of(checked(administrator_client, pat.plaintext))
    assert "This is the old value of a rotated token. It works until" in words
    assert f"use {new.hint} instead." in words
    alter(pat.token, issued_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(seconds=1))
    response = checked(administrator_client, pat.plaintext)
    assert f"It was rotated: its new value is {new.hint}" in text_of(response)
    assert f'<a href="/manage/security/tokens/{new.pk}/">Show the new token</a>' in response.content.decode()
