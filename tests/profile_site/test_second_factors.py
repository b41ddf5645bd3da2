"""Profile → Security → Second factors: the list, removing, recovery codes, and who may change anything."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import AuditEvent, User
from accounts.second_factors.authenticator_app import accepts_app_code
from accounts.second_factors.factors import remove_factor
from tests.pages import AFTER_SIGN_IN, HTMX, give_password, markup_of, signed_in, text_of
from tests.profile_site.factor_setup import actions, add, set_up
from tests.second_factors import (
    APP_URL,
    CODES,
    CODES_URL,
    LIST_URL,
    PASSKEY,
    PASSKEY_URL,
    STAGE_URL,
    TOTP,
    app_of,
    codes_of,
    factor,
    passkey_of,
    pending_sign_in,
    sign_in_with,
)
from tests.soft_key import SoftKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return alice


@pytest.fixture
def page_client(alice: User) -> Client:
    return signed_in(alice, by_factor=True)


# The list


def test_without_any_it_says_what_one_is_good_for(page_client: Client) -> None:
    words = text_of(page_client.get(LIST_URL))
    assert "No second factor yet A person who knows your password can sign in as you" in words
    assert "Set up an app or a passkey to get recovery codes." in words


def test_the_list_costs_the_same_whatever_there_is(alice: User, django_assert_max_num_queries: Any) -> None:
    client = signed_in(alice)
    app_of(alice)
    for number in range(19):
        passkey_of(alice, name=f"Key {number}")
    client.get(LIST_URL)
    with django_assert_max_num_queries(8):
        assert "Key 18" in text_of(client.get(LIST_URL))


def test_the_person_is_told_by_mail_what_was_added_and_removed(alice: User) -> None:
    client = signed_in(give_password(alice), by_factor=True)
    _app, response = set_up(client)
    client.post(f"{LIST_URL}{factor(alice, TOTP).pk}/remove/")
    add(client, SoftKey())
    client.post(CODES_URL)
    client.post(f"{LIST_URL}{factor(alice, PASSKEY).pk}/remove/")
    sent = "".join(str(letter.message()) for letter in mail.outbox)
    assert not [code for code in codes_of(response) if code in sent]
    assert [letter.to for letter in mail.outbox] == [["alice@example.com"]] * 5
    assert [letter.subject for letter in mail.outbox] == [
        "An authenticator app was added",
        "Your authenticator app was removed",
        "A passkey was added",
        "New recovery codes were generated",
        "A passkey was removed",
    ]


# Removing


def test_removing_asks_first_and_names_what_ends(alice: User, page_client: Client) -> None:
    address = f"{LIST_URL}{passkey_of(alice, name='Laptop').stored_as}/remove/"
    words = text_of(page_client.get(address))
    assert "This is your last second factor Your recovery codes stop working" in words
    assert "Laptop" in words
    assert "Keep passkey" in words
    app_of(alice)
    assert "This is your last second factor" not in text_of(page_client.get(address))


def test_with_the_last_factor_the_recovery_codes_end(alice: User, page_client: Client) -> None:
    set_up(page_client)
    assert factor(alice, CODES)
    page_client.post(f"{LIST_URL}{factor(alice, TOTP).pk}/remove/")
    assert not alice.authenticator_set.exists()  # type: ignore[attr-defined]
    event = AuditEvent.objects.get(action="factor:remove")
    assert event.details == {"type": "totp", "was_last": True}
    assert "Authenticator app was removed." in text_of(page_client.get(LIST_URL))


def test_in_the_dialog_the_list_behind_is_swapped(alice: User) -> None:
    client = signed_in(give_password(alice), by_factor=True)
    address = f"{LIST_URL}{passkey_of(alice).stored_as}/remove/"
    assert "<html" not in client.get(address, headers=HTMX).content.decode()
    content = client.post(address, headers=HTMX).content.decode()
    assert 'id="factors" class="list" hx-swap-oob="true"' in content
    assert "Key was removed." in content


def test_the_only_way_in_is_kept(alice: User, page_client: Client) -> None:
    key = passkey_of(alice)
    address = f"{LIST_URL}{key.stored_as}/remove/"
    page_client.post(address)
    assert "Key was not removed: it is your only way to sign in." in text_of(page_client.get(LIST_URL))
    assert "toast bad" in page_client.post(address, headers=HTMX).content.decode()
    passkey_of(alice)
    page_client.post(address)
    assert "Key was removed." in text_of(page_client.get(LIST_URL))


def test_who_can_sign_in_elsewhere_may_remove_their_passkey(alice: User, page_client: Client, settings: Any) -> None:
    settings.OIDC_ISSUER = "https://login.example.com"
    alice.socialaccount_set.create(provider=settings.OIDC_ISSUER, uid="s1")  # type: ignore[attr-defined]
    page_client.post(f"{LIST_URL}{passkey_of(alice).stored_as}/remove/")
    assert not alice.authenticator_set.exists()  # type: ignore[attr-defined]


def test_a_factor_that_was_removed_meanwhile_is_nothing_to_remove_and_takes_no_code(alice: User) -> None:
    app, _codes = app_of(alice)
    passkey_of(alice)
    stored, actor = factor(alice, TOTP), Actor.person(alice, Source.PROFILE)
    mail.outbox.clear()
    removed = [remove_factor(actor=actor, user=alice, factor_id=stored.pk, now=timezone.now()) for _ in range(2)]
    assert removed == [True, False]
    (letter,) = mail.outbox
    assert "It was your last second factor" not in letter.body
    assert not accepts_app_code(stored, app.code())


def test_t10_nobody_removes_or_renames_what_is_somebody_elses(alice: User, bob: User) -> None:
    key = passkey_of(alice)
    for act in ("remove", "rename"):
        assert signed_in(bob).post(f"{LIST_URL}{key.stored_as}/{act}/", {"name": "x"}).status_code == 404
    assert sign_in_with(key).headers["Location"] == AFTER_SIGN_IN


def test_recovery_codes_are_no_factor_to_be_removed(alice: User, page_client: Client) -> None:
    app_of(alice)
    assert page_client.post(f"{LIST_URL}{factor(alice, CODES).pk}/remove/").status_code == 404


# Recovery codes


def test_new_recovery_codes_end_the_old_ones(alice: User) -> None:
    _app, old = app_of(give_password(alice))
    client = signed_in(alice, by_factor=True)
    assert "Your current codes stop working at once." in text_of(client.get(CODES_URL))
    new = codes_of(client.post(CODES_URL))
    assert len(new) == 10
    assert pending_sign_in(alice).post(STAGE_URL, {"code": old[0]}).status_code == 422
    assert pending_sign_in(alice).post(STAGE_URL, {"code": new[0]}).status_code == 302
    assert actions()[:2] == ["factor:add", "recovery_codes:generate"]


def test_when_few_are_left_the_list_warns(alice: User, page_client: Client) -> None:
    app_of(alice)
    stored = factor(alice, CODES)
    stored.data["used_mask"] = 0b1011111111
    stored.save()
    assert '<span class="badge warn">1 of 10 left</span>' in markup_of(page_client.get(LIST_URL))


def test_who_has_no_codes_yet_is_told_of_none_that_end(alice: User) -> None:
    app_of(alice)
    client = signed_in(alice, by_factor=True)
    factor(alice, CODES).delete()
    words = text_of(client.get(CODES_URL))
    assert "The codes are shown only once: be ready to store them." in words
    assert "stop working" not in words


def test_there_are_no_recovery_codes_without_a_factor(page_client: Client) -> None:
    assert page_client.post(CODES_URL).headers["Location"] == LIST_URL
    assert page_client.get(CODES_URL).headers["Location"] == LIST_URL
    assert "Set one up first." in text_of(page_client.get(LIST_URL))
    assert actions() == []


# Only a factor takes a factor away


@pytest.mark.parametrize("address", [CODES_URL, APP_URL, PASSKEY_URL, "remove"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_password_alone_changes_nothing_about_the_factors(alice: User, address: str, method: str) -> None:
    app, _codes = app_of(give_password(alice))
    address = f"{LIST_URL}{factor(alice, TOTP).pk}/remove/" if address == "remove" else address
    before = actions()
    client = signed_in(alice)
    response = getattr(client, method)(address)
    assert response.headers["Location"] == f"/accounts/reauthenticate/factor/?next={quote(address, safe='')}"
    assert actions() == before
    asked = client.get(response.headers["Location"])
    assert asked.headers["Location"] == f"/accounts/reauthenticate/code/?next={quote(address, safe='')}"
    assert "Use your password" not in text_of(client.get(asked.headers["Location"]))
    confirmed = client.post(asked.headers["Location"], {"code": app.code(), "next": address})
    assert confirmed.headers["Location"] == address
    assert getattr(client, method)(address).headers.get("Location", LIST_URL) == LIST_URL


def test_a_factor_shown_long_ago_takes_none_away(alice: User) -> None:
    app_of(alice)
    address = f"{LIST_URL}{factor(alice, TOTP).pk}/remove/"
    client = signed_in(alice, by_factor=True, confirmed=False)
    assert client.post(address).headers["Location"].startswith("/accounts/reauthenticate/")
    assert factor(alice, TOTP)


def test_who_can_show_no_factor_here_is_told_what_to_do(alice: User, settings: Any) -> None:
    passkey_of(give_password(alice))
    settings.HAS_PASSKEYS = False
    words = text_of(signed_in(alice).get("/accounts/reauthenticate/factor/"))
    assert "sign in again with a recovery code" in words


def test_where_a_password_serves_it_is_offered_beside_the_code(alice: User) -> None:
    app_of(give_password(alice))
    client = signed_in(alice)
    for target in ("/profile/email/", "/no-such-page/"):
        page = client.get(f"/accounts/reauthenticate/code/?next={target}")
        assert "Use your password" in text_of(page)
