"""Setting up an authenticator app (T53)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from tests.pages import errors_of, give_password, markup_of, signed_in, text_of
from tests.profile_site.factor_setup import actions, set_up
from tests.second_factors import (
    APP_URL,
    CODES_URL,
    LIST_URL,
    STAGE_URL,
    TOTP,
    App,
    app_of,
    codes_of,
    factor,
    key_of,
    pending_sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return alice


@pytest.fixture
def page_client(alice: User) -> Client:
    return signed_in(alice, by_factor=True)


# An authenticator app


def test_an_app_is_set_up_with_its_first_code_and_the_recovery_codes_are_shown(alice: User) -> None:
    client = signed_in(give_password(alice), by_factor=True)
    app, response = set_up(client)
    assert "Authenticator app set up" in text_of(response)
    codes = codes_of(response)
    assert len(set(codes)) == 10
    assert actions() == ["factor:add"]
    assert AuditEvent.objects.get().details == {"type": "totp", "recovery_codes": True}
    assert pending_sign_in(alice).post(STAGE_URL, {"code": codes[9]}).status_code == 302
    assert pending_sign_in(alice).post(STAGE_URL, {"code": app.code(steps_away=1)}).status_code == 302


def test_t53_the_code_that_set_an_app_up_is_used_by_that(alice: User) -> None:
    app, _response = set_up(signed_in(give_password(alice), by_factor=True))
    assert pending_sign_in(alice).post(STAGE_URL, {"code": app.code()}).status_code == 422


def test_t53_recovery_codes_are_shown_in_that_one_answer(alice: User, page_client: Client) -> None:
    _app, response = set_up(page_client)
    assert response.headers["Cache-Control"] == "no-store"
    shown = codes_of(response)
    for address in (LIST_URL, CODES_URL, APP_URL, "/profile/"):
        content = page_client.get(address, follow=True).content.decode()
        assert not [code for code in shown if code in content]
    assert not [code for code in shown if code in str(dict(page_client.session))]


def test_the_page_shows_the_key_as_a_picture_without_any_data_address(page_client: Client) -> None:
    content = markup_of(page_client.get(APP_URL))
    assert '<svg class="qr" role="img"' in content
    assert "data:" not in content
    assert "style=" not in content


def test_the_key_is_another_one_each_time_and_stays_while_codes_are_wrong(page_client: Client) -> None:
    first, second = page_client.get(APP_URL), page_client.get(APP_URL)
    assert key_of(first) != key_of(second)
    response = page_client.post(APP_URL, {"code": "000000"})
    assert (response.status_code, key_of(response)) == (422, key_of(second))
    assert errors_of(response) == [
        ("The code is wrong. Check that the app shows the code for this account, and enter it again.")
    ]
    assert errors_of(page_client.post(APP_URL, {})) == ["Enter the code."]
    assert page_client.post(APP_URL, {"code": App(key_of(first)).code()}).status_code == 422


def test_a_code_for_no_key_begins_again(page_client: Client) -> None:
    response = page_client.post(APP_URL, {"code": "000000", "next": "/manage/"})
    assert response.headers["Location"] == f"{APP_URL}?next=%2Fmanage%2F"


def test_there_is_one_app_for_each_person(alice: User, page_client: Client) -> None:
    page = page_client.get(APP_URL)
    app_of(alice)
    response = page_client.post(APP_URL, {"code": App(key_of(page)).code()})
    assert response.headers["Location"] == LIST_URL
    assert "Remove it before you set up another one." in text_of(page_client.get(LIST_URL))
    assert page_client.get(APP_URL).headers["Location"] == LIST_URL


def test_an_app_that_another_request_has_set_up_first_stays(
    alice: User, page_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_client.get(APP_URL)
    look_first = "profile_site.factor_setup.NewAppForm.is_valid"

    def another_is_quicker(form: Any) -> bool:
        app_of(alice)
        form.full_clean()
        return True

    monkeypatch.setattr(look_first, another_is_quicker)
    before = App(key_of(page))
    assert page_client.post(APP_URL, {"code": before.code()}).headers["Location"] == LIST_URL
    assert before.key not in str(factor(alice, TOTP).data)
    assert actions() == ["factor:add"]
