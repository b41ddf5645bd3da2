"""The page of one of a person's own tokens: what is recorded, its use, and its events."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR, Actor, Source, Target, record_event
from accounts.models import User
from reference_tokens.lifecycle.revocation import revoke_token, revoke_tokens
from reference_tokens.lifecycle.suspension import suspend_with_old_values
from reference_tokens.models import DailyUse, Door, ReferenceToken
from reference_tokens.usage.noted_refusals import Refused
from reference_tokens.usage.recorder import recorder
from tests.factories import ResourceServerFactory, alter, issued_pat, issued_sat, used_from
from tests.introspection import Statements
from tests.pages import signed_in, text_of
from tests.profile_site.token_page import page_of, words_of
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


# --- What is recorded ------------------------------------------------------------------------------------------------


def test_tok4_the_page_says_what_is_recorded(alice_client: Client, token: ReferenceToken) -> None:
    words = words_of(alice_client, token)
    for part in (
        "Laptop",
        token.hint,
        "State It is active.",
        "Kind Personal access token (PAT)",
        "Trusted Application Excel com.example/excel",
        "Acts as Alice",
        "just now, by Command line",
        "in 30 days",
        "read View data.",
        "update Create, change and delete data.",
        f"Token id {token.pk}",
    ):
        assert part in words


def test_the_expiry_stands_there_to_the_second_in_utc(alice_client: Client, token: ReferenceToken) -> None:
    assert token.expires_at
    assert f"{token.expires_at:%H:%M:%S} UTC" in words_of(alice_client, token)
    alter(token, expires_at=None)
    assert "Expires Never" in words_of(alice_client, token)


def test_tok2_neither_value_nor_digest_stands_there(
    alice: User, alice_client: Client, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    content = alice_client.get(page_of(issued.token)).content.decode()
    assert issued.plaintext not in content
    assert bytes(issued.token.digest).hex() not in content.lower()


def test_t10_a_token_of_somebody_else_or_of_an_application_is_not_there(
    bob: User, alice_client: Client, application: TrustedApplication
) -> None:
    for token in (issued_pat(bob, application).token, issued_sat(application).token):
        assert alice_client.get(page_of(token)).status_code == 404


def test_the_page_is_neither_stored_nor_mixed_up_with_a_part_of_it(alice_client: Client, token: ReferenceToken) -> None:
    response = alice_client.get(page_of(token))
    assert response.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"suspended_at": timezone.now, "suspension_source": "system"}, "The token is suspended."),
        ({"revoked_at": timezone.now, "revocation_source": "command"}, "The token was revoked."),
        ({"expires_at": timezone.now}, "The token has expired."),
        ({"scopes": "delete"}, "The Trusted Application no longer offers any of the token's scopes."),
    ],
)
def test_val1_the_page_says_why_the_token_would_be_refused_now(
    alice_client: Client, token: ReferenceToken, columns: dict[str, Any], expected: str
) -> None:
    alter(token, **{name: value() if callable(value) else value for name, value in columns.items()})
    assert f"State {expected}" in words_of(alice_client, token)


def test_val1_a_disabled_application_is_a_reason_too(alice_client: Client, token: ReferenceToken) -> None:
    TrustedApplication.objects.update(is_enabled=False)
    words = words_of(alice_client, token)
    assert "The Trusted Application is disabled. It is not valid until its application is enabled." in words


def test_pol7_a_scope_that_is_not_in_effect_today_says_so(alice_client: Client, token: ReferenceToken) -> None:
    TrustedApplication.objects.update(scopes="read")
    words = words_of(alice_client, token)
    assert words.count("Not in effect: the application no longer offers it.") == 1
    assert "Outside policy: " in words


def test_a_suspension_and_a_revocation_say_who_when_and_why(
    alice_client: Client, administrator: User, token: ReferenceToken
) -> None:
    by_ada, now = Actor.person(administrator, Source.MANAGE), timezone.now()
    suspend_with_old_values(actor=by_ada, token_id=token.pk, now=now, reason="Seen in a mail")
    assert "Suspended just now, exact time" in words_of(alice_client, token)
    assert re.search(r"UTC by Ada \(ada\) Seen in a mail", words_of(alice_client, token))
    revoke_token(actor=OPERATOR, token_id=token.pk, now=now, reason="Lost")
    assert re.search(r"UTC by Command line Lost", words_of(alice_client, token))


# --- Its use ---------------------------------------------------------------------------------------------------------


def test_tok13_never_used_says_since_when_uses_are_counted(alice_client: Client, token: ReferenceToken) -> None:
    expected = f"Last used Never Uses are counted since {token.issued_at:%-d %b %Y}, when it was issued."
    assert expected in words_of(alice_client, token)


def test_tok13_the_last_use_names_address_and_resource_server(alice_client: Client, token: ReferenceToken) -> None:
    server = ResourceServerFactory.create(name="Stock API")
    alter(token, last_used_at=timezone.now(), last_used_address="192.0.2.7", last_used_server=server)
    words = words_of(alice_client, token)
    assert "from 192.0.2.7 through Stock API" in words
    assert "Uses are counted since" not in words


def test_tok13_the_last_five_sources_stand_there_with_their_times(alice_client: Client, token: ReferenceToken) -> None:
    used_from(token, {f"192.0.2.{number}": timezone.now() - timedelta(hours=number + 1) for number in range(6)})
    words = words_of(alice_client, token)
    assert re.findall(r"(192\.0\.2\.\d) (\d) hour", words) == [(f"192.0.2.{n}", str(n + 1)) for n in range(5)]


def test_the_chart_draws_what_was_accepted_and_refused_and_lists_the_numbers(
    alice_client: Client, token: ReferenceToken
) -> None:
    today = timezone.now().date()
    DailyUse.objects.create(token=token, day=today, accepted=5)
    DailyUse.objects.create(token=token, day=today - timedelta(days=40), accepted=7, refused=2)
    response = alice_client.get(page_of(token))
    assert "The last 30 days: 5 accepted, 0 refused." in text_of(response)
    assert 'role="img" aria-labelledby="usage-summary"' in response.content.decode()
    assert "url(#stripes)" not in response.content.decode()
    response = alice_client.get(page_of(token) + "?days=90")
    assert "The last 90 days: 12 accepted, 2 refused." in text_of(response)
    assert 'fill="url(#stripes)"' in response.content.decode()
    assert f"{today:%-d %b %Y} (today so far) 5 0" in text_of(response)
    assert '<a href="?days=90#usage" aria-current="page">90 days</a>' in response.content.decode()
    assert "Validations per day (UTC)" in text_of(response)


def test_without_a_use_the_chart_says_so(alice_client: Client, token: ReferenceToken) -> None:
    response = alice_client.get(page_of(token) + "?days=90")
    assert "Not used in 90 days" in text_of(response)
    assert "<figure" not in response.content.decode()


# --- Its events ------------------------------------------------------------------------------------------------------


def test_events_say_what_who_and_from_where(alice: User, alice_client: Client, token: ReferenceToken) -> None:
    by_alice = Actor.person(alice, Source.PROFILE, address="192.0.2.9")
    revoke_token(actor=by_alice, token_id=token.pk, now=timezone.now())
    words = words_of(alice_client, token)
    assert re.search(
        r"Token revoked just now.*? Alice \(alice\) Profile 192\.0\.2\.9 Token issued .* The command line", words
    )
    assert "2 events, newest first" in words


def test_whence_an_administrator_came_is_not_shown_to_the_holder(
    alice_client: Client, administrator: User, token: ReferenceToken
) -> None:
    by_ada = Actor.person(administrator, Source.MANAGE, address="192.0.2.9")
    revoke_token(actor=by_ada, token_id=token.pk, now=timezone.now(), reason="Lost")
    words = words_of(alice_client, token)
    assert "Ada (ada) Instance Manager" in words
    assert "192.0.2.9" not in words


def test_whence_the_value_was_used_to_revoke_it_is_shown(alice_client: Client, token: ReferenceToken) -> None:
    itself = Actor(Source.API, "token", str(token.pk), address="192.0.2.9")
    revoke_token(actor=itself, token_id=token.pk, now=timezone.now())
    assert "The token itself 192.0.2.9" in words_of(alice_client, token)


def test_a_resource_server_that_revoked_it_is_named(alice_client: Client, server: Any, token: ReferenceToken) -> None:
    caller = Actor(Source.API, "resource_server", server.client_id, address="192.0.2.9")
    revoke_token(actor=caller, token_id=token.pk, now=timezone.now())
    words = words_of(alice_client, token)
    assert server.name in words
    assert "192.0.2.9" not in words


def test_a_revocation_of_many_is_among_the_events(alice_client: Client, token: ReferenceToken) -> None:
    tokens = ReferenceToken.objects.all()
    revoke_tokens(actor=OPERATOR, tokens=tokens, chosen_by={"all": True}, now=timezone.now(), reason="A leak")
    assert "Tokens revoked together 1 token, A leak" in words_of(alice_client, token)


def test_the_last_fifty_events_are_shown_and_the_door_of_the_issue_all_the_same(
    alice: User, alice_client: Client, token: ReferenceToken
) -> None:
    alter(token, issuer=alice)
    with transaction.atomic():
        for _number in range(50):
            record_event(OPERATOR, "token:resume", Target("token", str(token.pk)), now=timezone.now(), details={})
    words = words_of(alice_client, token)
    assert "The last 50" in words
    assert words.count("Token resumed") == 50
    assert "Token issued" not in words
    assert "by Alice (alice) (Command line)" in words


def test_a_token_without_any_entry_says_so(alice: User, alice_client: Client, token: ReferenceToken) -> None:
    other = ReferenceToken.objects.create(
        kind="PAT",
        application=token.application,
        holder=alice,
        scopes=("read",),
        digest=bytes(32),
        hash_key=token.hash_key,
        hint="enrt_0000…0000",
        issued_at=timezone.now(),
    )
    assert "The audit log has no events of this token." in words_of(alice_client, other)


def test_the_page_costs_twelve_queries_however_much_there_is(
    alice: User, alice_client: Client, token: ReferenceToken, server: Any
) -> None:
    alter(token, family=token.pk, last_used_at=timezone.now(), last_used_server=server)
    used_from(token, {f"192.0.2.{number}": timezone.now() for number in range(5)})
    refused = Refused("expired", Door.INTROSPECTION, token.pk, server.pk, None)
    by_all = [Actor.person(alice, Source.PROFILE), Actor(Source.API, "resource_server", server.client_id)]
    for number in range(60):
        DailyUse.objects.create(token=token, day=timezone.now().date() - timedelta(days=number), accepted=number)
        with transaction.atomic():
            target = Target("token", str(token.pk))
            record_event(by_all[number % 2], "token:resume", target, now=timezone.now(), details={})
        recorder.note_refusal(refused, timezone.now() - timedelta(minutes=number))
    recorder.flush()
    with Statements() as statements:
        assert words_of(alice_client, token).count(server.name) > 20
    assert statements.verbs.count("SELECT") == 12


def test_t71_nobody_passes_for_an_administrator_by_their_name(
    alice: User, administrator: User, application: TrustedApplication
) -> None:
    User.objects.filter(pk=alice.pk).update(name=administrator.name)
    alice.refresh_from_db()
    token = issued_pat(alice, application).token
    client = signed_in(alice)
    client.post(f"/profile/security/tokens/{token.pk}/revoke/")
    words = text_of(client.get(f"/profile/security/tokens/{token.pk}/"))
    assert f"by {administrator.name} (alice)" in words
    assert "(ada)" not in words
