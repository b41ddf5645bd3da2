"""Signing in and out, and who cannot (PEO-1, PEO-2, T48, T50)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, User
from accounts.sign_in.adapters import AccountAdapter
from tests.accounts.sign_in.attempts import try_to_sign_in
from tests.factories import PASSWORD, UserFactory
from tests.introspection import Statements
from tests.pages import (
    AFTER_SIGN_IN,
    CONFIRM_URL,
    HTMX,
    LOGIN_URL,
    errors_of,
    form_of,
    give_password,
    next_of,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db


TOKENS = "/profile/security/tokens/"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REFUSED = ["The user name, e-mail address or password is wrong. Check what you entered, then try again."]


@pytest.fixture
def alice(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    return give_password(alice)


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com", "Alice@Example.com"])
def test_people_sign_in_by_user_name_or_e_mail_address_in_any_case(alice: User, login: str) -> None:
    response = try_to_sign_in(login)
    assert (response.status_code, response.headers["Location"]) == (302, AFTER_SIGN_IN)
    assert response.client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice", "wrong"), ("alice", PASSWORD.upper()), ("nobody", PASSWORD), ("al\0ice", PASSWORD)],
)
def test_t50_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(
    alice: User, login: str, password: str
) -> None:
    response = try_to_sign_in(login, password)
    assert response.status_code == 200
    assert errors_of(response) == (REFUSED if "\0" not in login else ["Null characters are not allowed."])
    assert response.client.get("/profile/").status_code == 302


def test_t50_an_inactive_person_is_refused_in_the_same_words_as_an_unknown_one(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = try_to_sign_in("alice")
    assert (response.status_code, errors_of(response)) == (200, REFUSED)
    assert response.client.get("/profile/").status_code == 302


def test_peo1_a_system_user_cannot_sign_in(db: None) -> None:
    UserFactory.create(username="robot", system=True)
    for password in (PASSWORD, "!unusable", "!"):
        assert errors_of(try_to_sign_in("robot", password)) == REFUSED


def test_a_form_left_empty_says_what_to_enter(client: Client, db: None) -> None:
    response = client.post(LOGIN_URL, {})
    assert errors_of(response) == ["Enter your user name or your e-mail address.", "Enter your password."]
    words = text_of(response)
    assert "User name or e-mail address" in words
    assert "Forgot your password?" in words
    assert "Sign up" not in words


def test_a_password_typed_wrong_does_not_come_back_in_the_page(alice: User) -> None:
    assert "wrong password here" not in try_to_sign_in("alice", "wrong password here").content.decode()


@pytest.mark.parametrize("target", ["/manage/security/trusted-apps/?q=a&after=", "/profile/security/tokens/new/"])
def test_after_signing_in_one_is_where_one_wanted_to_go(alice: User, target: str) -> None:
    client = Client()
    page = client.get(LOGIN_URL, {"next": target})
    response = client.post(LOGIN_URL, form_of(page) | {"login": "alice", "password": PASSWORD})
    assert response.headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://evil.example/",
        "https://localhost@evil.example/",
        "//localhost:8000@evil.example/",
        "http://testserver.evil.example/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "\t//evil.example",
        "/\t/evil.example",
        " //evil.example",
        "\x00//evil.example",
    ],
)
def test_t48_no_link_leads_from_the_sign_in_page_to_another_place(alice: User, target: str) -> None:
    assert try_to_sign_in("alice", target=target).headers["Location"] == AFTER_SIGN_IN
    client = signed_in(alice, confirmed=False)
    response = client.post(CONFIRM_URL, {"password": PASSWORD, "next": target})
    assert response.headers["Location"] == AFTER_SIGN_IN
    assert signed_in(alice).post("/accounts/logout/", {"next": target}).headers["Location"] == LOGIN_URL


@pytest.mark.parametrize(
    "target", ["http://testserver/profile/devices/", "HTTP://testserver/", "http://tokens.acme.test/"]
)
def test_t48_in_production_no_link_leads_from_the_sign_in_page_to_plain_http(
    alice: User, settings: Settings, target: str
) -> None:
    settings.IS_PRODUCTION, settings.ALLOWED_HOSTS = True, ["testserver", "tokens.acme.test"]
    assert try_to_sign_in("alice", target=target).headers["Location"] == AFTER_SIGN_IN
    client = signed_in(alice, confirmed=False)
    response = client.post(CONFIRM_URL, {"password": PASSWORD, "next": target})
    assert response.headers["Location"] == AFTER_SIGN_IN
    assert signed_in(alice).post("/accounts/logout/", {"next": target}).headers["Location"] == LOGIN_URL


def test_t48_no_link_leads_to_another_host_that_is_allowed(alice: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "tokens.acme.test", ".example.com"]
    for target in ("https://tokens.acme.test/profile/", "//tokens.acme.test/", "https://evil.example.com/"):
        assert try_to_sign_in("alice", target=target).headers["Location"] == AFTER_SIGN_IN


def test_get_only_asks_whether_to_sign_out(alice: User) -> None:
    client = signed_in(alice)
    assert "Your tokens keep working: they do not depend on this session." in text_of(client.get("/accounts/logout/"))
    assert client.get("/profile/").status_code == 200


def test_t47_nobody_is_signed_in_by_a_form_of_another_site(alice: User) -> None:
    form = {"login": "alice", "password": PASSWORD}
    without_token = Client(enforce_csrf_checks=True)
    assert without_token.post(LOGIN_URL, form).status_code == 403
    with_token = Client(enforce_csrf_checks=True)
    form |= {"csrfmiddlewaretoken": form_of(with_token.get(LOGIN_URL))["csrfmiddlewaretoken"][0]}
    assert with_token.post(LOGIN_URL, form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for client in (with_token, without_token):
        assert client.get("/profile/").status_code == 302
    assert with_token.post(LOGIN_URL, form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302


@pytest.mark.parametrize("target", ["/%09/evil.example", "/profile/?next=//evil.example"])
def test_t48_what_only_looks_like_another_place_stays_an_address_here(alice: User, target: str) -> None:
    assert try_to_sign_in("alice", target=target).headers["Location"] == target


# --- The same work for anybody (T50) ---------------------------------------------------------------------------------


def work_of(login: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[int]]:
    """The statements of a refused attempt without their values, and the length of each password that was hashed."""
    hashed: list[int] = []
    encode = Argon2PasswordHasher.encode

    def counted(hasher: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashed.append(len(password))
        return encode(hasher, password, salt)

    def verified(_hasher: Argon2PasswordHasher, password: str, _encoded: str) -> bool:
        hashed.append(len(password))
        return False

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", verified)
    client = Client()
    with Statements() as statements:
        assert errors_of(client.post(LOGIN_URL, {"login": login, "password": "wrong"})) == REFUSED
    return [re.sub(r"'[^']*'|[0-9]+|NULL", "?", sql) for sql in statements.sql], [length > 0 for length in hashed]


@pytest.mark.parametrize("traits", [{"is_active": False}, {"system": True}, {"deleted_at": NOW}, {}])
def test_t50_a_refused_attempt_is_the_same_work_for_anybody(
    alice: User, monkeypatch: pytest.MonkeyPatch, traits: dict[str, Any]
) -> None:
    other = UserFactory.create(username="carol", **traits)
    if not other.has_usable_password() and other.is_person and traits:
        give_password(other)
    for_nobody = work_of("nobody", monkeypatch)
    assert len(for_nobody[1]) == 1
    assert work_of("carol", monkeypatch) == for_nobody
    assert work_of("alice", monkeypatch) == for_nobody


# --- What is recorded (AUD-1) ----------------------------------------------------------------------------------------


def recorded() -> list[tuple[str, str, str, str | None, dict[str, Any]]]:
    columns = ("action", "actor_type", "target_id", "address", "details")
    return list(AuditEvent.objects.order_by("seq").values_list(*columns))


def test_aud1_signing_in_and_out_are_recorded(alice: User) -> None:
    client = try_to_sign_in("alice").client
    client.post("/accounts/logout/")
    assert recorded() == [
        ("user:sign_in", "user", str(alice.pk), "127.0.0.1", {"methods": ["password"]}),
        ("user:sign_out", "user", str(alice.pk), "127.0.0.1", {}),
    ]


def test_aud1_a_failed_sign_in_is_recorded_and_the_name_of_nobody_is_not(alice: User) -> None:
    try_to_sign_in("alice", "wrong")
    try_to_sign_in("my password", "wrong")
    client = signed_in(alice, confirmed=False)
    client.post(CONFIRM_URL, {"password": "wrong"})
    failed = ("user:sign_in_failed", "anonymous")
    details = ("127.0.0.1", {"method": "password"})
    assert recorded() == [(*failed, target, *details) for target in (str(alice.pk), "", str(alice.pk))]
    assert "my password" not in str(list(AuditEvent.objects.values()))


def test_peo2_nobody_signs_up(rf: RequestFactory) -> None:
    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False


def test_after_a_sign_in_the_page_is_there_again_whose_part_was_asked_for(client: Client) -> None:
    """The answer of a search alone is no page; what was to be opened in the dialog is one."""
    page, search, form = f"{TOKENS}?q=excel", "/profile/choices/application/", f"{TOKENS}new/"
    for behind, target, address, expected in (
        (page, "id_application_options", search, page),
        (TOKENS, "id_application_options", search, TOKENS),
        (page, "dialog-body", form, form),
    ):
        sent = HTMX | {"HX-Current-URL": f"http://testserver{behind}", "HX-Target": target}
        response = client.get(address, headers=sent)
        assert next_of(response) == expected
