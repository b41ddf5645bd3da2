"""`/api/token` (contract 4.5): whoever holds a token asks about it, or ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django.db
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.models import AuditEvent, User
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.models import ReferenceToken
from reference_tokens.token_values.token_format import generate
from reference_tokens.usage.recorder import recorder
from tests.factories import alter, issued_pat, issued_sat
from tests.introspection import UNKNOWN, Statements
from trusted_apps.models import TrustedApplication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PATH = "/api/token"


def ask(client: Client, token: str, method: str = "GET", **headers: str) -> Any:
    return client.generic(method, PATH, headers={"authorization": f"Bearer {token}", **headers})


def test_the_holder_learns_all_that_the_contract_lists(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application, description="Łódź <b>", scopes=["read", "update"])
    token = issued.token
    assert token.expires_at
    assert ask(client, issued.plaintext).json() == {
        "id": str(token.pk),
        "kind": "PAT",
        "application": "com.example/excel",
        "application_name": "Excel",
        "description": "Łódź <b>",
        "scopes": ["read", "update"],
        "issued_at": token.issued_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": None,
        "username": "alice",
        "status": "active",
    }


def test_a_sat_speaks_for_the_system_user_and_may_never_expire(client: Client, application: TrustedApplication) -> None:
    TrustedApplication.objects.update(allows_tokens_without_expiry=True, scopes="read")
    alter(issued_sat(application).token, scopes="read update")
    issued = issued_sat(application, expires_at=None)
    answer = ask(client, issued.plaintext).json()
    assert application.system_user
    assert (answer["kind"], answer["expires_at"]) == ("SAT", None)
    assert (answer["username"], answer["scopes"]) == (application.system_user.username, ["read"])


def test_times_are_in_utc_and_the_last_use_is_the_one_before(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        used_at = timezone.now().replace(microsecond=0)
        assert ask(client, issued.plaintext).json()["last_used_at"] is None
        recorder.flush()
    with timezone.override("Pacific/Auckland"):
        answer = ask(client, issued.plaintext).json()
    assert answer["last_used_at"] == used_at.isoformat()
    assert all(answer[name].endswith("+00:00") for name in ("issued_at", "expires_at", "last_used_at"))


def test_head_answers_without_a_body(client: Client, alice: User, application: TrustedApplication) -> None:
    response = ask(client, issued_pat(alice, application).plaintext, "HEAD")
    assert (response.status_code, response.content) == (200, b"")
    assert ask(client, generate(), "HEAD").status_code == 401


@pytest.mark.parametrize("name", ["x-api-key", "api-key"])
def test_the_other_headers_of_the_contract_carry_the_token_too(
    client: Client, alice: User, application: TrustedApplication, name: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    assert client.get(PATH, headers={name: plaintext}).status_code == 200


def test_without_a_credential_it_is_401_and_no_more(client: Client) -> None:
    response = client.get(PATH)
    assert (response.status_code, response.content) == (401, b'{"error": "missing_token"}')
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_t25_a_token_in_query_cookie_or_form_is_no_credential(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    client.cookies["token"] = plaintext
    assert client.get(f"{PATH}?access_token={plaintext}").json() == {"error": "missing_token"}
    assert client.delete(PATH, {"access_token": plaintext}).json() == {"error": "missing_token"}


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "api-key"])
def test_an_empty_header_is_no_credential(client: Client, name: str) -> None:
    assert client.get(PATH, headers={name: ""}).json() == {"error": "missing_token"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {0}", "x-api-key": "{0}"},
        {"authorization": "Bearer {0},{0}"},
        {"authorization": "Bearer {0} x"},
        {"authorization": "Basic {0}"},
        {"api-key": "{0}" + "x" * 4096},
    ],
)
def test_t24_several_or_unreadable_credentials_are_400(
    client: Client, alice: User, application: TrustedApplication, headers: dict[str, str], method: str
) -> None:
    plaintext = issued_pat(alice, application).plaintext
    response = client.generic(method, PATH, headers={name: value.format(plaintext) for name, value in headers.items()})
    assert response.status_code == 400
    assert method == "HEAD" or response.content == b'{"error": "invalid_request"}'
    assert ReferenceToken.objects.filter(revoked_at=None).exists()


REASONS: dict[str, tuple[Any, str]] = {
    "revoked": (
        lambda token: revoke_token(actor=OPERATOR, token_id=token.pk, now=timezone.now()),
        "The token was revoked.",
    ),
    "suspended": (lambda token: alter(token, suspended_at=timezone.now()), "The token is suspended."),
    "expired": (
        lambda token: alter(token, issued_at=timezone.now() - timedelta(2), expires_at=timezone.now()),
        "The token has expired.",
    ),
    "disabled": (
        lambda _token: TrustedApplication.objects.update(is_enabled=False),
        "The Trusted Application is disabled.",
    ),
    "inactive": (
        lambda _token: User.objects.update(is_active=False),
        "The user whom the token speaks for is not active.",
    ),
    "no scopes": (
        lambda _token: TrustedApplication.objects.update(scopes=""),
        "The Trusted Application no longer offers any of the token's scopes.",
    ),
}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("state", REASONS)
def test_401_tells_the_holder_why(
    client: Client, alice: User, application: TrustedApplication, state: str, method: str
) -> None:
    issued = issued_pat(alice, application)
    change, why = REASONS[state]
    change(issued.token)
    response = ask(client, issued.plaintext, method)
    assert (response.status_code, response.json()) == (401, {"error": "invalid_token", "error_description": why})
    header = f'Bearer realm="api", error="invalid_token", error_description="{why}"'
    assert response.headers["WWW-Authenticate"] == header


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (UNKNOWN, "There is no such token."),
        (UNKNOWN[:-1], "The token is mistyped: its checksum does not fit."),
        ("x", "The token is mistyped: its checksum does not fit."),
    ],
)
def test_401_tells_mistyped_from_unknown(client: Client, text: str, why: str) -> None:
    assert ask(client, text).json()["error_description"] == why


def test_delete_revokes_and_then_the_token_is_401(client: Client, alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    response = ask(client, plaintext, "DELETE")
    assert (response.status_code, response.content) == (204, b"")
    assert ask(client, plaintext, "DELETE").json()["error_description"] == "The token was revoked."


def test_a_revocation_by_the_holder_is_recorded_as_theirs(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued = issued_pat(alice, application)
    ask(client, issued.plaintext, "DELETE")
    issued.token.refresh_from_db()
    assert (issued.token.revoked_by, issued.token.revocation_source) == (None, "api")
    assert issued.token.why_revoked.in_words() == "Revoked by its bearer"
    event = AuditEvent.objects.get(action="token:revoke")
    assert (event.actor_type, event.actor_id, event.address) == ("token", str(issued.token.pk), "127.0.0.1")


def test_delete_ends_this_token_alone(client: Client, alice: User, application: TrustedApplication) -> None:
    other = issued_pat(alice, application)
    ask(client, issued_pat(alice, application).plaintext, "DELETE")
    assert ask(client, other.plaintext).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_another_method_is_405_and_says_which_there_are(
    client: Client, alice: User, application: TrustedApplication, method: str
) -> None:
    response = ask(client, issued_pat(alice, application).plaintext, method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, DELETE")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_t33_t43_no_cookie_and_every_header_of_a_machine_answer(
    client: Client, alice: User, application: TrustedApplication, method: str
) -> None:
    for token in (generate(), issued_pat(alice, application).plaintext):
        response = ask(client, token, method)
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_asking_costs_two_selects(client: Client, alice: User, application: TrustedApplication) -> None:
    plaintext = issued_pat(alice, application).plaintext
    with Statements() as statements:
        ask(client, plaintext)
    assert statements.verbs == ["SELECT", "SELECT"]


def test_val4_a_store_that_cannot_be_read_is_503(client: Client, alice: User, application: TrustedApplication) -> None:
    def fail(*_args: Any) -> Any:
        raise django.db.OperationalError("gone")

    plaintext = issued_pat(alice, application).plaintext
    with connection.execute_wrapper(fail):
        assert [ask(client, plaintext, method).status_code for method in ("GET", "DELETE")] == [503, 503]
    assert ask(client, plaintext).status_code == 200
