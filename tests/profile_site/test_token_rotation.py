"""Rotating one's own token in the browser, and ending its old value (TOK-10)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from reference_tokens.models import DailyUse, ReferenceToken, TokenSource
from tests.factories import PASSWORD, ResourceServerFactory, alter, issued_pat, issued_sat, rotated
from tests.introspection import is_active
from tests.pages import (
    CONFIRM_URL,
    HTMX,
    TOKEN,
    Fields,
    errors_of,
    form_of,
    give_password,
    next_of,
    secret_of,
    signed_in,
    text_of,
)
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

LIST = "/profile/security/tokens/"
NOW = datetime(2027, 3, 11, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def token(alice: User, application: TrustedApplication) -> ReferenceToken:
    return issued_pat(alice, application, description="Laptop", scopes=["read", "update"]).token


def rotate_of(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/rotate/"


def end_of(token: ReferenceToken) -> str:
    return f"/profile/security/tokens/{token.pk}/end/"


def filled_in(client: Client, token: ReferenceToken, **changes: Any) -> Fields:
    return form_of(client.get(rotate_of(token))) | changes


def rotate(client: Client, token: ReferenceToken, **changes: Any) -> Any:
    return client.post(rotate_of(token), filled_in(client, token, **changes))


def successor_of(token: ReferenceToken) -> ReferenceToken:
    return ReferenceToken.objects.get(replaces=token)


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
    assert "The old value ends (UTC) At once It ends now 1 hour 11 Mar 2027, 13:00 18:45 UTC+0545" in words
    assert "24 hours 12 Mar 2027, 12:00 17:45 UTC+0545 7 days 18 Mar 2027, 12:00 17:45 UTC+0545" in words


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
    TokenSource.objects.create(token=token, name="10.1.2.3", last_used_at=used)
    TokenSource.objects.create(token=token, name="Billing <b>", last_used_at=used - HOUR)
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
    assert "Its application no longer offers update: the new value comes without." in words
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


# --- The same form twice ---------------------------------------------------------------------------------------------


def test_tok3_the_same_form_sent_twice_rotates_once_and_asks(alice_client: Client, token: ReferenceToken) -> None:
    sent = filled_in(alice_client, token)
    alice_client.post(rotate_of(token), sent)
    response = alice_client.post(rotate_of(token), sent)
    new = successor_of(token)
    assert f"This form already issued {new.hint}. Did you not see it?" in text_of(response)
    assert not TOKEN.search(response.content.decode())
    assert ReferenceToken.objects.count() == 2


def test_tok3_what_was_not_seen_is_replaced_by_another_and_the_old_value_stays_as_it_was(
    alice_client: Client, token: ReferenceToken
) -> None:
    sent = filled_in(alice_client, token)
    alice_client.post(rotate_of(token), sent)
    end = ReferenceToken.objects.get(pk=token.pk).expires_at
    asked = alice_client.post(rotate_of(token), sent)
    again = [alice_client.post(rotate_of(token), form_of(asked)) for _time in range(2)]
    not_seen = successor_of(token)
    newest = successor_of(not_seen)
    assert secret_of(again[0]).startswith(newest.hint[:9])
    assert f"This form already issued {newest.hint}" in text_of(again[1])
    assert not_seen.state(timezone.now()) == "revoked"
    assert ReferenceToken.objects.get(pk=token.pk).expires_at == end
    assert secret_of(alice_client.post(rotate_of(token), form_of(again[1])))
    assert ReferenceToken.objects.filter(family=token.pk, revoked_at=None).count() == 2


def test_tok3_to_have_not_seen_what_was_never_issued_changes_nothing(
    alice_client: Client, token: ReferenceToken
) -> None:
    rotated(token)
    made_up = {"replaces": ["x"], "request_key": [str(uuid.uuid4())], "overlap": ["0"]}
    assert alice_client.post(rotate_of(token), made_up).status_code == 422
    assert ReferenceToken.objects.filter(revoked_at=None).count() == 2


def test_tok3_what_was_not_seen_is_replaced_after_a_confirmation_too(alice: User, token: ReferenceToken) -> None:
    fresh = signed_in(give_password(alice))
    sent = filled_in(fresh, token, overlap=["3600"])
    fresh.post(rotate_of(token), sent)
    again = form_of(fresh.post(rotate_of(token), sent))
    late = signed_in(alice, confirmed=False)
    asked = late.post(rotate_of(token), again)
    late.post(CONFIRM_URL, {"password": PASSWORD, "next": next_of(asked)})
    not_seen = successor_of(token)
    question = late.get(next_of(asked))
    assert f"The value that this form has issued, {not_seen.hint}, is revoked" in text_of(question)
    assert form_of(question)["overlap"] == ["3600"]
    assert secret_of(late.post(rotate_of(token), form_of(question)))
    not_seen.refresh_from_db()
    assert not_seen.state(timezone.now()) == "revoked"
    assert successor_of(not_seen)


def test_t46_a_link_cannot_make_a_rotation_end_a_value_at_once(alice_client: Client, token: ReferenceToken) -> None:
    alice_client.post(rotate_of(token), filled_in(alice_client, token))
    new = successor_of(token)
    link = f"{rotate_of(token)}?overlap=0&request_key={new.request_key}&replaces={new.pk}"
    assert "This token cannot be rotated" in text_of(alice_client.get(link))


def test_a_key_that_is_none_comes_back_from_the_confirmation_without_harm(alice: User, token: ReferenceToken) -> None:
    made_up = {"replaces": ["x"], "request_key": ["x"], "overlap": ["0"]}
    asked = signed_in(give_password(alice), confirmed=False).post(rotate_of(token), made_up)
    assert "Rotate “Laptop”" in text_of(signed_in(alice).get(next_of(asked)))
    assert ReferenceToken.objects.count() == 1


def test_a_form_without_its_key_rotates_too(alice_client: Client, token: ReferenceToken) -> None:
    response = rotate(alice_client, token, request_key=[""], replaces=["x"])
    assert secret_of(response)


# --- In the list -----------------------------------------------------------------------------------------------------


def test_tok10_the_list_says_what_is_being_replaced_and_whether_it_is_still_used(
    alice_client: Client, token: ReferenceToken
) -> None:
    assert f'href="{rotate_of(token)}"' in alice_client.get(LIST).content.decode()
    new = rotated(token).token
    response = alice_client.get(LIST)
    content, words = response.content.decode(), text_of(response)
    assert f"Replaced by {new.hint}. The old value was not used since. End now" in words
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
    assert "Expired" not in words.partition("Actions")[2]


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
    assert "It was not used since it was rotated on" in words
    used = timezone.now() - timedelta(minutes=12)
    alter(token, last_used_at=used, last_used_address="10.1.2.3")
    for name, at in {"10.1.2.3": used, "10.9.9.9": used - timedelta(days=3)}.items():
        TokenSource.objects.create(token=token, name=name, last_used_at=at)
    for days, accepted in ((0, 1_234), (5, 77)):
        day = (timezone.now() - timedelta(days=days)).date()
        DailyUse.objects.create(token=token, day=day, accepted=accepted, refused=days)
    words = text_of(alice_client.get(end_of(token), headers=headers))
    assert "It was last used 12 minutes ago from 10.1.2.3." in words
    assert "Used from 10.1.2.3, 12 minutes ago Uses on each day" in words
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


def test_t41_a_poisoned_name_stands_escaped_in_both_headings(alice_client: Client, token: ReferenceToken) -> None:
    alter(token, description="<script>x</script>{name}%(name)s")
    asked = alice_client.get(rotate_of(token)).content.decode()
    rotated(token)
    for content in (asked, alice_client.get(end_of(token)).content.decode()):
        assert "<script>x" not in content
        assert "&lt;script&gt;x&lt;/script&gt;{name}%(name)s" in content
