"""What every answer carries, pages, errors, files and machine answers alike (T37, T42 to T44)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from tests.factories import PASSWORD, issued_pat
from tests.pages import HTMX, LOGIN_URL, give_password, signed_in
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
PAGES = (
    "/",
    "/accounts/login/",
    "/accounts/logout/",
    "/profile/",
    "/profile/security/tokens/",
    "/profile/security/tokens/new/",
    "/manage/",
    "/manage/security/trusted-apps/",
    "/manage/security/trusted-apps/new/",
    "/manage/security/resource-servers/",
    "/manage/security/webhooks/",
    "/nowhere/",
    "/static/nowhere.css",
)
MACHINE = ("/api/token", "/auth/forward", "/oauth/introspect", "/oauth/revoke", "/api/x", "/healthz", "/auth/x")
PRODUCTION = {
    "IS_PRODUCTION": True,
    "BASE_URL": "https://testserver",
    "SECURE_SSL_REDIRECT": True,
    "SECURE_SSL_HOST": "testserver",
    "SECURE_HSTS_SECONDS": 63_072_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "LANGUAGE_COOKIE_NAME": "__Host-language",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}


def carries_every_header(response: HttpResponseBase) -> None:
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def has_the_policy_of_pages(response: HttpResponseBase) -> bool:
    return {part.strip() for part in response.headers["Content-Security-Policy"].split(";")} == POLICY


def test_t42_t43_every_page_and_every_refusal(administrator_client: Client, alice_client: Client) -> None:
    for client in (Client(), alice_client, administrator_client):
        for address in PAGES:
            kinds: list[dict[str, Any]] = [{}, {"headers": HTMX}]
            for options in kinds:
                for method in ("GET", "PUT", "POST"):
                    response = client.generic(method, address, **options)
                    carries_every_header(response)
                    assert has_the_policy_of_pages(response), address
                    assert address.startswith("/static/") or response.headers["Cache-Control"] == "no-store"


def test_t42_t43_a_static_file(client: Client) -> None:
    for name in ("css/app.css", "js/app.js", "icons.svg"):
        response = client.get(staticfiles_storage.url(name))
        assert response.status_code == 200
        carries_every_header(response)
        assert has_the_policy_of_pages(response)
        assert "immutable" in response.headers["Cache-Control"]
        response.close()


@pytest.mark.parametrize("address", MACHINE)
def test_t42_t43_a_machine_answer_has_a_policy_of_its_own(client: Client, address: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        response = client.generic(method, address)
        carries_every_header(response)
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def break_the_pages(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_args: Any, **_options: Any) -> Any:
        raise error

    monkeypatch.setattr("accounts.pages.site.Site.page", fail)


def test_t35_t43_a_broken_view_is_a_500_that_says_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    break_the_pages(monkeypatch, RuntimeError("the secret reason"))
    client = signed_in(alice, raise_request_exception=False)
    response = client.get("/profile/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "the secret reason" not in response.content.decode()
    carries_every_header(response)
    assert has_the_policy_of_pages(response)


def test_t49_another_host_is_400(client: Client) -> None:
    response = client.get("/accounts/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()
    carries_every_header(response)
    assert has_the_policy_of_pages(response)


def test_t47_the_page_of_a_form_that_is_too_old(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(LOGIN_URL)
    assert response.status_code == 403
    carries_every_header(response)
    assert has_the_policy_of_pages(response)


@pytest.mark.parametrize("tail", ["enrt_" + "A" * 64, "<script>alert(1)</script>", "%3Cscript%3E", "secret/path/"])
def test_t37_the_page_of_what_is_not_there_echoes_no_path(client: Client, tail: str) -> None:
    response = client.get(f"/nowhere/{tail}?q=secret")
    assert response.status_code == 404
    content = response.content.decode()
    assert "Page not found" in content
    assert not [word for word in ("nowhere", "enrt_", "alert", "secret", "Script") if word in content]


def test_t43_hsts_only_in_production(client: Client) -> None:
    for address in ("/accounts/login/", "/healthz"):
        assert "Strict-Transport-Security" not in client.get(address, secure=True).headers
    with override_settings(**PRODUCTION):
        for address in (
            "/accounts/login/",
            "/nowhere/",
            "/healthz",
            "/auth/forward",
            staticfiles_storage.url("icons.svg"),
        ):
            response = Client().get(address, secure=True)
            assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000; includeSubDomains")
            response.close()


@pytest.mark.parametrize(("subdomains", "preload"), [(True, True), (True, False), (False, False)])
def test_t43_hsts_is_the_same_at_every_door(client: Client, subdomains: bool, preload: bool) -> None:
    chosen = {"SECURE_HSTS_INCLUDE_SUBDOMAINS": subdomains, "SECURE_HSTS_PRELOAD": preload}
    expected = "max-age=63072000" + "; includeSubDomains" * subdomains + "; preload" * preload
    with override_settings(**(PRODUCTION | chosen)):
        for address in (*PAGES, *MACHINE, staticfiles_storage.url("icons.svg")):
            response = Client().get(address, secure=True)
            assert response.headers["Strict-Transport-Security"] == expected, address
            response.close()


def test_no_redirect_is_kept_by_a_browser_for_good(alice_client: Client) -> None:
    assert alice_client.get("/profile").status_code == 302
    with override_settings(**PRODUCTION):
        for address in ("/", "/profile", "/manage/", "/nowhere"):
            assert Client().get(address).status_code == 302


def test_t43_in_production_plain_http_is_sent_to_https_and_machines_are_answered(db: None) -> None:
    with override_settings(**PRODUCTION):
        response = Client().get("/accounts/login/?a=b")
        assert (response.status_code, response.headers["Location"]) == (302, "https://testserver/accounts/login/?a=b")
        assert Client().get("/auth/forward").status_code == 401
        assert Client().get("/healthz").status_code == 200


def test_t43_in_production_the_answers_to_plain_http_carry_every_header_too(db: None) -> None:
    with override_settings(**PRODUCTION):
        for headers in ({}, {"Host": "evil.example"}):
            response = Client().get("/accounts/login/", headers=headers)
            carries_every_header(response)
            assert has_the_policy_of_pages(response)


@pytest.mark.parametrize("is_production", [False, True])
def test_t44_cookies_are_lax_out_of_reach_of_scripts_and_in_production_bound_to_the_host(
    alice: User, is_production: bool
) -> None:
    give_password(alice)
    with override_settings(**(PRODUCTION if is_production else {})):
        client = Client()
        client.get(LOGIN_URL, secure=is_production)
        client.post(LOGIN_URL, {"login": "alice", "password": PASSWORD}, secure=is_production)
        prefix = "__Host-" if is_production else ""
        assert {f"{prefix}session", f"{prefix}csrf"} <= set(client.cookies)
        for cookie in client.cookies.values():
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
            assert bool(cookie["secure"]) is is_production
            assert cookie["domain"] == ""


def test_no_answer_that_holds_a_token_is_compressed(alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    response = Client().get(
        "/api/token", headers={"Authorization": f"Bearer {plaintext}", "Accept-Encoding": "gzip, br"}
    )
    assert "Content-Encoding" not in response.headers
