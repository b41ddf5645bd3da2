"""Profile → Security → Second factors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.audit.record import Actor, Source
from accounts.models import AuditEvent, User
from accounts.second_factors.authenticator_app import takes
from accounts.second_factors.factors import remove_factor
from tests.pages import HTMX, errors_of, form_of, give_password, signed_in, text_of
from tests.second_factors import (
    APP_URL,
    CODES,
    CODES_URL,
    LIST_URL,
    PASSKEY,
    PASSKEY_URL,
    STAGE_URL,
    TOTP,
    App,
    app_of,
    codes_of,
    factor,
    key_of,
    options_of,
    passkey_of,
    pending_sign_in,
    sign_in_with,
)
from tests.soft_key import PRESENT, SoftKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.refresh_from_db()
    return alice


@pytest.fixture
def page_client(alice: User) -> Client:
    return signed_in(alice, by_factor=True)


def actions() -> list[str]:
    events = AuditEvent.objects.exclude(action__startswith="user:").order_by("seq")
    return list(events.values_list("action", flat=True))


def set_up(client: Client) -> tuple[App, Any]:
    """An app set up on the page for that, and the answer."""
    page = client.get(APP_URL)
    app = App(key_of(page))
    return app, client.post(APP_URL, form_of(page) | {"code": app.code()})


def add(client: Client, key: SoftKey, name: str = "Laptop") -> Any:
    page = client.get(PASSKEY_URL)
    sent = {"name": name, "credential": json.dumps(key.created(options_of(page)))}
    return client.post(PASSKEY_URL, form_of(page) | sent)


# The list


def test_without_any_it_says_what_one_is_good_for(page_client: Client) -> None:
    words = text_of(page_client.get(LIST_URL))
    assert "You have none yet Who learns your password can sign in as you" in words
    assert "They come with your first app or passkey." in words


def test_the_list_costs_the_same_whatever_there_is(alice: User, django_assert_max_num_queries: Any) -> None:
    client = signed_in(alice)
    app_of(alice)
    for number in range(19):
        passkey_of(alice, name=f"Key {number}")
    client.get(LIST_URL)
    with django_assert_max_num_queries(8):
        assert "Key 18" in text_of(client.get(LIST_URL))


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
    content = page_client.get(APP_URL).content.decode()
    assert '<svg class="qr" role="img"' in content
    assert "data:" not in content
    assert "style=" not in content


def test_the_key_is_another_one_each_time_and_stays_while_codes_are_wrong(page_client: Client) -> None:
    first, second = page_client.get(APP_URL), page_client.get(APP_URL)
    assert key_of(first) != key_of(second)
    response = page_client.post(APP_URL, {"code": "000000"})
    assert (response.status_code, key_of(response)) == (422, key_of(second))
    assert errors_of(response) == ["The app shows another code. Check that it is this account's, and enter it again."]
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


# Passkeys


def test_a_passkey_is_added_with_a_name_and_signs_in(alice: User, page_client: Client) -> None:
    key = SoftKey()
    response = add(page_client, key)
    assert "Passkey added" in text_of(response)
    assert len(codes_of(response)) == 10
    words = text_of(page_client.get(LIST_URL))
    assert "Laptop Signs in without a password" in words
    assert actions() == ["factor:add"]
    assert sign_in_with(key).headers["Location"] == "/profile/"


def test_a_plain_security_key_is_a_second_factor_only(page_client: Client) -> None:
    add(page_client, SoftKey(flags=PRESENT, is_discoverable=False), name="Blue key")
    assert "Signs in without a password" not in text_of(page_client.get(LIST_URL))


def test_recovery_codes_come_with_the_first_factor_alone(alice: User, page_client: Client) -> None:
    app_of(alice)
    response = add(page_client, SoftKey())
    assert response.headers["Location"] == LIST_URL
    assert "Passkey added" in text_of(page_client.get(LIST_URL))


def test_the_browser_is_asked_for_none_that_is_there_already(alice: User, page_client: Client) -> None:
    key = passkey_of(alice)
    options = options_of(page_client.get(PASSKEY_URL))["publicKey"]
    assert len(options["excludeCredentials"]) == 1
    assert options["rp"] == {"id": "localhost", "name": "Reference Tokens"}
    assert key.shown({"publicKey": options})["id"] == options["excludeCredentials"][0]["id"]


def test_the_name_of_the_browser_is_proposed(alice: User) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert "Firefox on Linux" in str(form_of(signed_in(alice).get(PASSKEY_URL, headers={"User-Agent": agent}))["name"])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Give the passkey a name."),
        ("a\u202eb", "Remove the invisible characters."),
        ("x" * 61, "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_t63_a_passkey_has_a_readable_name(page_client: Client, name: str, error: str) -> None:
    response = add(page_client, SoftKey(), name=name)
    assert (response.status_code, errors_of(response)) == (422, [error])
    assert actions() == []


@pytest.mark.parametrize("origin", ["http://sub.localhost:8000", "https://localhost:8000", "http://evil.example"])
def test_t49_a_passkey_made_on_another_site_is_refused(page_client: Client, origin: str) -> None:
    response = add(page_client, SoftKey(origin=origin))
    assert errors_of(response) == ["This passkey was not accepted. Try again, or use another way."]


@pytest.mark.parametrize("answer", ["x", "{}", "null", '{"id": "AA", "rawId": "AA", "response": {}}'])
def test_t34_what_is_no_passkey_is_refused(page_client: Client, answer: str) -> None:
    page_client.get(PASSKEY_URL)
    assert page_client.post(PASSKEY_URL, {"name": "x", "credential": answer}).status_code == 422


def test_an_answer_to_no_question_is_refused(alice: User, page_client: Client) -> None:
    answer = SoftKey().created(options_of(signed_in(alice).get(PASSKEY_URL)))
    response = page_client.post(PASSKEY_URL, {"name": "x", "credential": json.dumps(answer)})
    assert response.status_code == 422


def test_t15_there_are_twenty_passkeys_at_most(alice: User, page_client: Client) -> None:
    for _number in range(20):
        passkey_of(alice)
    assert "There can be no more: remove one first." in text_of(page_client.get(LIST_URL))
    assert add(page_client, SoftKey()).headers["Location"] == LIST_URL
    assert "as many passkeys as there can be" in text_of(page_client.get(LIST_URL))


def test_a_passkey_is_renamed(alice: User, page_client: Client) -> None:
    address = f"{LIST_URL}{passkey_of(alice, name='Old').stored_as}/rename/"
    assert form_of(page_client.get(address))["name"] == ["Old"]
    assert page_client.post(address, {"name": "New <b>"}).headers["Location"] == LIST_URL
    assert "The passkey is called New <b> now." in text_of(page_client.get(LIST_URL))
    page_client.post(address, {"name": "New <b>"})
    assert actions() == ["factor:add", "factor:rename"]


def test_an_app_has_no_name_to_change(alice: User, page_client: Client) -> None:
    app_of(alice)
    assert page_client.get(f"{LIST_URL}{factor(alice, TOTP).pk}/rename/").status_code == 404


def test_a_passkey_that_was_removed_meanwhile_is_not_renamed(
    alice: User, page_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = passkey_of(alice)

    def another_is_quicker(form: Any) -> bool:
        factor(alice, PASSKEY).delete()
        form.full_clean()
        return True

    monkeypatch.setattr("profile_site.factor_setup.PasskeyNameForm.is_valid", another_is_quicker)
    assert page_client.post(f"{LIST_URL}{key.stored_as}/rename/", {"name": "New"}).status_code == 404


# Removing


def test_removing_asks_first_and_names_what_ends(alice: User, page_client: Client) -> None:
    address = f"{LIST_URL}{passkey_of(alice, name='Laptop').stored_as}/remove/"
    words = text_of(page_client.get(address))
    assert "It is your last second factor Your recovery codes end with it" in words
    assert "Laptop" in words
    assert "Keep passkey" in words
    app_of(alice)
    assert "It is your last second factor" not in text_of(page_client.get(address))


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
    assert "Key was kept: it is your only way to sign in." in text_of(page_client.get(LIST_URL))
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
    assert "It was the last one" not in letter.body
    assert not takes(stored, app.code())


def test_t10_nobody_removes_or_renames_what_is_somebody_elses(alice: User, bob: User) -> None:
    key = passkey_of(alice)
    for act in ("remove", "rename"):
        assert signed_in(bob).post(f"{LIST_URL}{key.stored_as}/{act}/", {"name": "x"}).status_code == 404
    assert sign_in_with(key).headers["Location"] == "/profile/"


def test_recovery_codes_are_no_factor_to_be_removed(alice: User, page_client: Client) -> None:
    app_of(alice)
    assert page_client.post(f"{LIST_URL}{factor(alice, CODES).pk}/remove/").status_code == 404


# Recovery codes


def test_new_recovery_codes_end_the_old_ones(alice: User) -> None:
    _app, old = app_of(give_password(alice))
    client = signed_in(alice, by_factor=True)
    assert "The codes that you have stop working at once." in text_of(client.get(CODES_URL))
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
    assert '<span class="badge warn">1 of 10 left</span>' in page_client.get(LIST_URL).content.decode()


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
    assert "sign in again with one of your recovery codes" in words


def test_where_a_password_serves_it_is_offered_beside_the_code(alice: User) -> None:
    app_of(give_password(alice))
    client = signed_in(alice)
    for target in ("/profile/email/", "/no-such-page/"):
        page = client.get(f"/accounts/reauthenticate/code/?next={target}")
        assert "Use your password" in text_of(page)
