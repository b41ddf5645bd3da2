"""Administrators need a second factor where the settings say so (T53, T54)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.models import User
from tests.pages import HTMX, form_of, give_password, next_of, signed_in, text_of
from tests.second_factors import (
    APP_URL,
    LIST_URL,
    PASSKEY_URL,
    STAGE_URL,
    App,
    app_of,
    codes_of,
    key_of,
    options_of,
    passkey_of,
    pending_sign_in,
    sign_in_with,
)
from tests.soft_key import SoftKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]

REQUIRED_URL = "/accounts/second-factor/required/"
APPS_URL = "/manage/security/trusted-apps/?q=a"


@pytest.fixture(autouse=True)
def it_is_required(settings: Any) -> None:
    settings.REQUIRE_ADMIN_SECOND_FACTOR = True


def links_of(response: Any) -> set[str]:
    """Where the page leads on its own account."""
    words = response.content.decode()
    return {part.split('"')[0] for part in words.split('href="')[1:] if "next=" in part.split('"')[0]}


def test_t54_an_administrator_without_a_second_factor_is_led_to_set_one_up_and_back(administrator: User) -> None:
    client = signed_in(administrator)
    response = client.get(APPS_URL)
    assert response.headers["Location"].startswith(f"{REQUIRED_URL}?next=")
    assert next_of(response) == APPS_URL
    page = client.get(response.headers["Location"])
    assert "Set up a second factor first" in text_of(page)
    (link,) = links_of(page)
    assert link == f"{LIST_URL}?next={quote(APPS_URL, safe='')}"
    listed = client.get(link)
    assert "Administrators need a second factor for the Instance Manager" in text_of(listed)
    assert {address.partition("?")[0] for address in links_of(listed)} == {APP_URL, PASSKEY_URL}
    setup = client.get(f"{APP_URL}?next={quote(APPS_URL, safe='')}")
    done = client.post(APP_URL, form_of(setup) | {"code": App(key_of(setup)).code()})
    assert len(codes_of(done)) == 10
    assert f'href="{APPS_URL}"' in done.content.decode()
    assert client.get(APPS_URL).status_code == 200


def test_t54_a_passkey_will_do_as_well(administrator: User) -> None:
    app_of(administrator)
    client, key = signed_in(administrator, by_factor=True), SoftKey()
    setup = client.get(PASSKEY_URL, {"next": APPS_URL})
    sent = {"name": "Key", "credential": json.dumps(key.created(options_of(setup)))}
    assert client.post(PASSKEY_URL, form_of(setup) | sent).headers["Location"] == APPS_URL
    assert client.get(APPS_URL).status_code == 200
    assert sign_in_with(key).client.get(APPS_URL).status_code == 200


def test_t54_a_session_that_began_without_it_must_show_it_once(administrator: User) -> None:
    app, _codes = app_of(administrator)
    passkey_of(administrator)
    client = signed_in(administrator)
    page = client.get(client.get(APPS_URL).headers["Location"])
    assert "You signed in to this session without your second factor" in text_of(page)
    ways = {"/accounts/reauthenticate/code/", "/accounts/reauthenticate/passkey/"}
    assert {link.partition("?")[0] for link in links_of(page)} == ways
    (link,) = [link for link in links_of(page) if "code" in link]
    form = client.get(link)
    assert client.post("/accounts/reauthenticate/code/", form_of(form) | {"code": app.code()}).headers["Location"] == (
        APPS_URL
    )
    assert client.get(APPS_URL).status_code == 200


@pytest.mark.parametrize("with_recovery_code", [False, True])
def test_t54_a_session_that_began_with_it_is_let_in(administrator: User, with_recovery_code: bool) -> None:
    app, codes = app_of(give_password(administrator))
    client = pending_sign_in(administrator, target=APPS_URL)
    response = client.post(STAGE_URL, {"code": codes[0] if with_recovery_code else app.code()})
    assert response.headers["Location"] == APPS_URL
    assert client.get(APPS_URL).status_code == 200


def test_t54_who_removes_the_last_factor_is_let_in_no_more(administrator: User) -> None:
    app, _codes = app_of(give_password(administrator))
    client = pending_sign_in(administrator)
    client.post(STAGE_URL, {"code": app.code()})
    (link,) = [
        part.split('"')[0] for part in client.get(LIST_URL).content.decode().split('href="') if "/remove/" in part[:70]
    ]
    assert "you lose access to the Instance Manager" in text_of(client.get(link))
    client.post(link)
    assert client.get(APPS_URL).headers["Location"].startswith(REQUIRED_URL)


def test_a_passkey_that_cannot_be_shown_here_leaves_the_recovery_codes(administrator: User, settings: Any) -> None:
    passkey_of(administrator)
    settings.HAS_PASSKEYS = False
    page = signed_in(administrator).get(REQUIRED_URL)
    assert "Sign out, then sign in with a recovery code" in text_of(page)


def test_t54_a_form_that_was_sent_keeps_what_was_typed_and_htmx_moves_the_whole_page(administrator: User) -> None:
    client = signed_in(administrator)
    response = client.post("/manage/security/trusted-apps/new/", {"name": "typed words"}, headers=HTMX)
    assert response.headers["HX-Redirect"].startswith(f"{REQUIRED_URL}?next=")
    assert "name=typed+words" in next_of(response)


def test_people_and_what_programs_ask_are_not_concerned(administrator: User, alice: User) -> None:
    assert signed_in(administrator).get("/profile/me").json()["isAdmin"] is True
    assert signed_in(administrator).get("/profile/security/tokens/new/").status_code == 200
    assert signed_in(alice).get("/manage/").status_code == 403
    assert Client().get("/manage/").headers["Location"].startswith("/accounts/login/")


def test_where_it_is_not_required_nobody_is_asked(administrator: User, settings: Any) -> None:
    settings.REQUIRE_ADMIN_SECOND_FACTOR = False
    assert signed_in(administrator).get("/manage/").status_code == 200


def test_t48_the_page_leads_to_no_other_place(administrator: User) -> None:
    page = signed_in(administrator).get(REQUIRED_URL, {"next": "//evil.example"})
    assert links_of(page) == set()
    assert f'href="{LIST_URL}"' in page.content.decode()
