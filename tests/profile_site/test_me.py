"""`GET /profile/me` (contract 4.6): the signed-in person, or the one a PAT speaks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import recorder
from tests.factories import alter, issued_pat, issued_sat
from tests.introspection import UNKNOWN, Statements
from tests.pages import signed_in
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

ME = "/profile/me"


@pytest.fixture
def pat(alice: User, application: TrustedApplication) -> str:
    return issued_pat(alice, application).plaintext


def described(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "login": user.username,
        "name": user.name,
        "email": user.email,
        "isAdmin": user.is_administrator,
        "isActive": True,
        "links": {
            "profile": "http://localhost:8000/profile/",
            "changePassword": "http://localhost:8000/profile/security/password/",
            "accessTokens": "http://localhost:8000/profile/security/tokens/",
            "devices": "http://localhost:8000/profile/devices/",
        },
    }


def test_the_signed_in_person_learns_who_they_are(administrator: User, administrator_client: Client) -> None:
    response = administrator_client.get(ME)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == described(administrator)


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "Api-Key"])
def test_a_pat_learns_whom_it_speaks_for(client: Client, alice: User, pat: str, header: str) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com", name="Łódź")
    alice.refresh_from_db()
    response = client.get(ME, headers={header: f"Bearer {pat}" if header == "Authorization" else pat})
    assert (response.status_code, response.json()) == (200, described(alice))


def test_a_pat_needs_no_scope_here(client: Client, alice: User, application: TrustedApplication) -> None:
    pat = issued_pat(alice, application, scopes=["update"]).plaintext
    assert client.get(ME, headers={"X-Api-Key": pat}).status_code == 200


def test_tok13_the_use_of_a_pat_is_recorded(client: Client, pat: str) -> None:
    client.get(ME, headers={"X-Api-Key": pat})
    assert recorder.flush() == 1
    assert ReferenceToken.objects.get().last_used_at


def test_a_pat_costs_the_one_look_up_and_the_person(client: Client, pat: str) -> None:
    with Statements() as statements:
        client.get(ME, headers={"X-Api-Key": pat})
    assert len(statements.sql) == 2


def test_a_sat_is_nobody(client: Client, application: TrustedApplication) -> None:
    response = client.get(ME, headers={"X-Api-Key": issued_sat(application).plaintext})
    assert (response.status_code, response.json()) == (403, {"error": "access_denied"})


@pytest.mark.parametrize("path", [ME, f"{ME}?next=/"])
def test_without_a_credential_it_is_401_and_leads_nowhere(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (401, "application/json")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Authorization": f"Bearer {UNKNOWN}"}, "invalid_token"),
        ({"Authorization": "Bearer x"}, "invalid_token"),
        ({"X-Api-Key": "enrt_"}, "invalid_token"),
        ({"Authorization": "Basic YTpi"}, "invalid_request"),
        ({"X-Api-Key": "a,b"}, "invalid_request"),
        ({"X-Api-Key": "a", "Api-Key": "a"}, "invalid_request"),
        ({"X-Api-Key": "x" * 4097}, "invalid_request"),
    ],
)
def test_a_bad_credential_is_401_also_beside_a_good_cookie(
    client: Client, alice_client: Client, headers: dict[str, str], error: str
) -> None:
    for visitor in (client, alice_client):
        response = visitor.get(ME, headers=headers)
        assert (response.status_code, response.json()) == (401, {"error": error})
        assert response["WWW-Authenticate"] == f'Bearer realm="api", error="{error}"'


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "Api-Key"])
def test_an_empty_header_is_no_credential(client: Client, alice_client: Client, header: str) -> None:
    assert client.get(ME, headers={header: ""}).json() == {"error": "missing_token"}
    assert alice_client.get(ME, headers={header: ""}).json()["login"] == "alice"


def test_a_pat_decides_alone_beside_the_cookie_of_somebody_else(bob: User, pat: str) -> None:
    assert signed_in(bob).get(ME, headers={"X-Api-Key": pat}).json()["login"] == "alice"


def test_t25_a_token_in_the_query_is_nothing(client: Client, pat: str) -> None:
    assert client.get(f"{ME}?access_token={pat}&token={pat}").status_code == 401


@pytest.mark.parametrize("state", ["revoked", "suspended", "expired", "disabled", "inactive"])
def test_t7_a_pat_that_is_no_good_is_401_without_a_reason(
    client: Client, alice: User, application: TrustedApplication, pat: str, state: str
) -> None:
    token, now = ReferenceToken.objects.get(), timezone.now()
    if state == "disabled":
        TrustedApplication.objects.update(is_enabled=False)
    elif state == "inactive":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif state == "expired":
        alter(token, issued_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    else:
        alter(token, **{f"{state}_at": now})
    response = client.get(ME, headers={"X-Api-Key": pat})
    assert (response.status_code, response.json()) == (401, {"error": "invalid_token"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_405_for_everybody(client: Client, alice: User, pat: str, method: str) -> None:
    browser = signed_in(alice, enforce_csrf_checks=True)
    for response in (
        client.generic(method, ME),
        client.generic(method, ME, headers={"X-Api-Key": pat}),
        browser.generic(method, ME),
    ):
        assert (response.status_code, response.json()) == (405, {"error": "method_not_allowed"})
        assert response["Allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(alice_client: Client) -> None:
    response = alice_client.head(ME)
    assert (response.status_code, response.content) == (200, b"")


def test_t33_a_program_gets_no_cookie(client: Client, pat: str) -> None:
    for headers in ({}, {"X-Api-Key": pat}, {"X-Api-Key": "x"}):
        assert not client.get(ME, headers=headers).cookies


def test_the_answer_is_kept_by_nobody_and_differs_by_credential(client: Client, alice_client: Client) -> None:
    for visitor in (client, alice_client):
        response = visitor.get(ME)
        assert response["Cache-Control"] == "no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert {"Cookie", "Authorization", "X-Api-Key", "Api-Key"} <= set(response["Vary"].split(", "))
        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_t49_links_start_with_the_configured_origin(alice_client: Client, settings: Settings) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://tokens.example.com", ["*"]
    links = alice_client.get(ME, headers={"host": "evil.example"}).json()["links"]
    assert all(link.startswith("https://tokens.example.com/profile/") for link in links.values())


def test_a_slash_more_is_nothing(alice_client: Client) -> None:
    assert alice_client.get(f"{ME}/").status_code == 404


def test_val4_a_store_that_cannot_be_read_is_503(client: Client) -> None:
    def fail(*_args: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        response = client.get(ME, headers={"X-Api-Key": token_format.generate()})
    assert (response.status_code, response.json()) == (503, {"error": "temporarily_unavailable"})
    assert response["Retry-After"]


def test_t35_a_fault_of_ours_is_500_and_no_page(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_request: HttpRequest) -> str:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("profile_site.me.presented_token", fail)
    response = alice_client.get(ME)
    assert (response.status_code, response.json()) == (500, {"error": "server_error"})
