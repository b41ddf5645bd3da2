"""Rotating one's own token in the browser (TOK-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reference_tokens.models import ReferenceToken
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat, rotated, used_from
from tests.introspection import is_active
from tests.pages import (
    HTMX,
    TOKEN,
    errors_of,
    form_of,
    secret_of,
    signed_in,
    text_of,
)
from tests.profile_site.rotation_form import HOUR, LIST, NOW, end_of, filled_in, rotate, rotate_of, successor_of
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


# --- The question ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_get_asks_and_changes_nothing(alice_client: Client, token: ReferenceToken, headers: Any) -> None:
    words = text_of(alice_client.get(rotate_of(token), headers=headers))
    assert "Rotate “Laptop”" in words
    assert "Trusted Application Excel Acts as Alice (alice) Scopes read update The new value expires" in words
    assert f"It has not been used since it was issued on {token.issued_at:%-d %b %Y}." in words
    assert ReferenceToken.objects.count() == 1


def test_t6_each_choice_says_the_instant_that_it_means(alice: User, application: TrustedApplication) -> None:
    User.objects.update(time_zone="Asia/Kathmandu")
    with time_machine.travel(NOW, tick=False):
        client = signed_in(User.objects.get(pk=alice.pk))
        words = text_of(client.get(rotate_of(issued_pat(alice, application).token)))
    assert "The old value ends (UTC) At once It ends now 1 hour 11 Mar 2027, 13:00 18:45 Asia/Kathmandu" in words
    assert "24 hours 12 Mar 2027, 12:00 17:45 Asia/Kathmandu 7 days 18 Mar 2027, 12:00 17:45 Asia/Kathmandu" in words


def test_tok10_no_choice_goes_beyond_the_tokens_own_end(alice: User, application: TrustedApplication) -> None:
    with time_machine.travel(NOW, tick=False):
        token = issued_pat(alice, application, expires_at=NOW + 2 * HOUR).token
        words = text_of(signed_in(alice).get(rotate_of(token)))
    assert "1 hour 11 Mar 2027, 13:00 24 hours 11 Mar 2027, 14:00 7 days 11 Mar 2027, 14:00" in words


def test_tok10_a_day_is_ticked_at_first_or_what_the_address_asks_for(
    alice_client: Client, token: ReferenceToken
) -> None:
    assert form_of(alice_client.get(rotate_of(token)))["overlap"] == ["86400"]
    for asked, ticked in (("3600", "3600"), ("7", "86400"), ("\0", "86400")):
        response = alice_client.get(rotate_of(token), {"overlap": asked})
        assert form_of(response, rotate_of(token))["overlap"] == [ticked]


def test_the_question_says_what_still_uses_the_token(alice_client: Client, token: ReferenceToken) -> None:
    used = timezone.now() - timedelta(minutes=12)
    alter(token, last_used_at=used, last_used_address="10.1.2.3")
    used_from(token, {"10.1.2.3": used, "Billing <b>": used - HOUR})
    words = text_of(alice_client.get(rotate_of(token)))
    assert "It was last used 12 minutes ago from 10.1.2.3." in words
    assert "Used from 10.1.2.3, 12 minutes ago Billing <b>, 1 hour ago" in words
    alter(token, last_used_address=None)
    assert "It was last used 12 minutes ago." in text_of(alice_client.get(rotate_of(token)))
    alter(token, last_used_server=ResourceServerFactory.create(name="Stock"))
    assert "It was last used 12 minutes ago from Stock." in text_of(alice_client.get(rotate_of(token)))


def test_scopes_that_are_no_longer_offered_are_named(alice_client: Client, token: ReferenceToken) -> None:
    TrustedApplication.objects.update(scopes="read")
    words = text_of(alice_client.get(rotate_of(token)))
    assert "The new value will not have update: the application no longer offers it." in words
    rotate(alice_client, token)
    assert successor_of(token).scopes == ("read",)


def test_a_new_value_that_never_ends_is_said(alice_client: Client, token: ReferenceToken) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True)
    alter(token, expires_at=None)
    assert "The new value expires Never" in text_of(alice_client.get(rotate_of(token)))


OBSTACLES: dict[str, tuple[Any, str]] = {
    "revoked": (lambda token: alter(token, revoked_at=timezone.now()), "It is revoked: create a new token instead."),
    "suspended": (lambda token: alter(token, suspended_at=timezone.now()), "It is suspended: it can be rotated once"),
    "replaced": (rotated, "It was rotated already: only the newest token of its chain can be rotated."),
    "policy": (
        lambda _token: TrustedApplication.objects.update(access_tokens_policy="None"),
        "Its AccessTokens policy is None: no access token can be issued for it.",
    ),
    "scopes": (lambda _token: TrustedApplication.objects.update(scopes=""), "Its application no longer offers any of"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_cannot_be_rotated_says_why_and_is_not(alice_client: Client, token: ReferenceToken, obstacle: str) -> None:
    sent = filled_in(alice_client, token)
    stand, why = OBSTACLES[obstacle]
    stand(token)
    count = ReferenceToken.objects.count()
    asked = alice_client.get(rotate_of(token))
    assert why in text_of(asked)
    assert "Rotate token</button>" not in asked.content.decode()
    refused = alice_client.post(rotate_of(token), sent)
    assert refused.status_code == 422
    assert errors_of(refused)[0].startswith(why)
    assert ReferenceToken.objects.count() == count


# --- What comes out --------------------------------------------------------------------------------------------------


def test_tok10_the_new_value_is_shown_once_and_both_are_good(
    alice: User, alice_client: Client, application: TrustedApplication, server: Any
) -> None:
    issued = issued_pat(alice, application, description="Laptop")
    response = rotate(alice_client, issued.token, overlap=["604800"])
    new = successor_of(issued.token)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    words = text_of(response)
    assert "Token rotated" in words
    assert f"The old value {issued.token.hint} works until" in words
    plaintext = secret_of(response)
    assert plaintext.startswith(new.hint[:9])
    assert (new.issuer, new.description) == (alice, "Laptop")
    assert is_active(Client(), server, plaintext)
    assert is_active(Client(), server, issued.plaintext)
    assert not TOKEN.search(alice_client.get(LIST).content.decode())


def test_tok10_without_overlap_the_old_value_fails_at_once(
    alice: User, alice_client: Client, application: TrustedApplication, server: Any
) -> None:
    issued = issued_pat(alice, application)
    response = rotate(alice_client, issued.token, overlap=["0"])
    assert f"The old value {issued.token.hint} has ended" in text_of(response)
    assert is_active(Client(), server, secret_of(response))
    assert not is_active(Client(), server, issued.plaintext)


def test_htmx_gets_the_value_and_the_list_behind_the_dialog(alice_client: Client, token: ReferenceToken) -> None:
    response = alice_client.post(rotate_of(token), filled_in(alice_client, token), headers=HTMX)
    content = response.content.decode()
    assert '<section id="tokens" class="list" hx-swap-oob="true"' in content
    assert 'class="is-new"' in content
    assert "<html" not in content
    assert "2 tokens" in text_of(response)


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("overlap", ["", "1", "86401", "-3600", "x", "\0", "٣٦٠٠", " 3600"])
def test_another_overlap_is_refused_at_its_field(
    alice_client: Client, token: ReferenceToken, overlap: str, headers: Any
) -> None:
    sent = filled_in(alice_client, token, overlap=[overlap])
    response = alice_client.post(rotate_of(token), sent, headers=headers)
    assert response.status_code == 422
    assert 'href="#id_overlap"' in response.content.decode()
    assert form_of(response)["request_key"] == sent["request_key"]
    assert ReferenceToken.objects.count() == 1


def test_t12_nothing_but_the_overlap_is_taken_from_the_form(
    alice_client: Client, bob: User, token: ReferenceToken
) -> None:
    made_up = {"scopes": ["delete"], "user": [str(bob.pk)], "expires": ["365"], "description": ["Mine"]}
    assert rotate(alice_client, token, **made_up).status_code == 200
    new = successor_of(token)
    assert (new.scopes, new.holder_id, new.description) == (token.scopes, token.holder_id, "Laptop")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t10_stranger_gets_404_and_changes_nothing(
    administrator: User, bob: User, token: ReferenceToken, method: str, headers: Any
) -> None:
    old = rotated(token).token.replaces
    assert old
    for stranger in (bob, administrator):
        for address in (rotate_of(token), end_of(old)):
            assert signed_in(stranger).generic(method, address, headers=headers).status_code == 404
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


def test_t10_a_token_of_an_application_is_nobodys_here(
    administrator_client: Client, application: TrustedApplication
) -> None:
    assert administrator_client.get(rotate_of(issued_sat(application).token)).status_code == 404


def test_t41_a_poisoned_name_stands_escaped_in_both_headings(alice_client: Client, token: ReferenceToken) -> None:
    alter(token, description="<script>x</script>{name}%(name)s")
    asked = alice_client.get(rotate_of(token)).content.decode()
    rotated(token)
    for content in (asked, alice_client.get(end_of(token)).content.decode()):
        assert "<script>x" not in content
        assert "&lt;script&gt;x&lt;/script&gt;{name}%(name)s" in content
