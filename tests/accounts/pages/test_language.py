"""The language of a page: the one chosen in the profile, else what this browser chose, else what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, User
from accounts.pages import language as language_page
from accounts.people.personal_info import change_personal_info
from tests.languages import TRANSLATED, second_language
from tests.pages import form_of, give_password

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"
GERMAN = {"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"}


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    with second_language():
        yield


def is_german(client: Client, address: str = SIGN_IN, **options: object) -> bool:
    response = client.get(address, **options)  # type: ignore[arg-type]
    text = response.content.decode()
    language = response.headers["Content-Language"]
    assert f'<html lang="{language}"' in text
    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))
    assert (language == "de") == (TRANSLATED in text)
    return language == "de"


@pytest.mark.parametrize(
    "address",
    [SIGN_IN, "/accounts/password/reset/", "/accounts/password/reset/x/", "/accounts/invitation/x/", "/nowhere/"],
)
def test_who_is_not_signed_in_reads_what_the_browser_asks_for(client: Client, address: str) -> None:
    assert is_german(client, address, headers=GERMAN, follow=True)
    assert not is_german(client, address, headers={"Accept-Language": "fr"}, follow=True)
    assert not is_german(client, address, follow=True)


def test_a_choice_in_the_foot_is_kept_by_the_browser_and_leads_back(client: Client) -> None:
    form = form_of(client.get(f"{SIGN_IN}?next=/profile/"), "/language/")
    response = client.post("/language/", {"language": "de", "next": form["next"][0]})
    assert (response.status_code, response.headers["Location"]) == (302, f"{SIGN_IN}?next=/profile/")
    cookie = response.cookies["language"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (31_536_000, True, "Lax")
    assert is_german(client)
    client.post("/language/", {"language": "en"})
    assert not is_german(client, headers=GERMAN)


def test_t44_in_production_the_cookie_goes_over_https_alone(client: Client, settings: Settings) -> None:
    settings.IS_PRODUCTION, settings.LANGUAGE_COOKIE_NAME = True, "__Host-language"
    cookie = client.post("/language/", {"language": "de"}).cookies["__Host-language"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert is_german(client)


@pytest.mark.parametrize("language", ["", "tlh", "de\r\nSet-Cookie: a=b", "../de", "x" * 5000])
def test_a_language_that_nobody_speaks_is_400_and_kept_nowhere(client: Client, language: str) -> None:
    response = client.post("/language/", {"language": language})
    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain")
    assert not response.cookies
    client.cookies["language"] = language.encode("unicode_escape").decode()
    assert not is_german(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_t48_never_to_another_place(client: Client, target: str) -> None:
    assert client.post("/language/", {"language": "de", "next": target}).headers["Location"] == "/"


def test_who_chose_no_language_reads_what_the_browser_asks_for_signed_in_too(alice_client: Client) -> None:
    assert is_german(alice_client, "/profile/security/tokens/", headers=GERMAN)
    assert not is_german(alice_client, "/profile/security/tokens/", headers={"Accept-Language": "fr"})


@pytest.mark.parametrize(("chosen", "asked_for"), [("de", "en"), ("en", "de")])
def test_a_choice_comes_before_the_browser(alice: User, alice_client: Client, chosen: str, asked_for: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=chosen)
    asked = {"Accept-Language": asked_for}
    assert is_german(alice_client, "/profile/security/tokens/", headers=asked) == (chosen == "de")


def test_a_choice_of_who_is_signed_in_is_kept_in_the_profile_and_recorded(alice: User, alice_client: Client) -> None:
    alice_client.post("/language/", {"language": "de"})
    alice.refresh_from_db()
    assert alice.language == "de"
    assert AuditEvent.objects.latest("seq").details == {"changed": ["language"]}
    assert is_german(alice_client, "/profile/security/tokens/")


def test_a_choice_of_language_undoes_no_other_change(
    alice: User, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_a_rename(**act: Any) -> None:
        User.objects.filter(pk=alice.pk).update(name="Alicia", time_zone="Europe/Sofia")
        change_personal_info(**act)

    monkeypatch.setattr(language_page, "change_personal_info", after_a_rename)
    alice_client.post("/language/", {"language": "de"})
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.language) == ("Alicia", "Europe/Sofia", "de")
    assert AuditEvent.objects.latest("seq").details == {"changed": ["language"]}


def test_a_profile_in_a_language_that_is_spoken_no_more_is_read_in_english(alice: User, alice_client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(language="tlh")
    assert not is_german(alice_client, "/profile/security/tokens/", headers=GERMAN)


def test_there_is_nothing_to_choose_where_one_language_is_spoken(client: Client, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English")]
    assert 'action="/language/"' not in client.get(SIGN_IN).content.decode()


@pytest.mark.parametrize(("page", "receiver"), [("de", "en"), ("en", "de")])
def test_a_mail_is_in_the_language_of_its_receiver_and_not_of_the_page(
    alice: User, client: Client, page: str, receiver: str
) -> None:
    give_password(alice)
    User.objects.filter(pk=alice.pk).update(email="alice@example.com", language=receiver)
    client.post("/accounts/password/reset/", {"login": "alice"}, headers={"Accept-Language": page})
    (sent,) = mail.outbox
    ((page_of_mail, _kind),) = cast("Any", sent).alternatives
    for text in (sent.subject, str(sent.body), page_of_mail):
        assert (TRANSLATED in text) == (receiver == "de")
    assert f'<html lang="{receiver}">' in page_of_mail
