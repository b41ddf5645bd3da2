"""TOK-16: every door notes which token or caller it refused, why and from where; the answer says no more for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from reference_tokens.lifecycle.issuance import IssuedToken
from reference_tokens.models import RefusalCount, ResourceServer
from reference_tokens.token_values import token_format
from reference_tokens.usage.recorder import UsageRecorder, recorder
from tests.factories import ResourceServerFactory, alter, issued_pat
from tests.introspection import INACTIVE, Statements, ask, credentials, introspect
from tests.stored import everything_stored
from trusted_apps.models import TrustedApplication

pytestmark = pytest.mark.django_db

HOME, PROXY = "192.0.2.7", "127.0.0.1"


@pytest.fixture
def revoked(alice: User, application: TrustedApplication) -> IssuedToken:
    issued = issued_pat(alice, application)
    alter(issued.token, revoked_at=timezone.now())
    return issued


def noted() -> list[tuple[Any, ...]]:
    """What is stored: the token, the server, the reason, the door and the address."""
    recorder.flush()
    columns = ("token_id", "server_id", "reason", "door", "address")
    return list(RefusalCount.objects.order_by("pk").values_list(*columns))


def bearer(plaintext: str) -> dict[str, str]:
    return {"authorization": f"Bearer {plaintext}"}


def test_introspection_notes_the_token_and_who_asked(client: Client, server: Any, revoked: IssuedToken) -> None:
    assert introspect(client, server, revoked.plaintext).content == INACTIVE
    assert noted() == [(revoked.token.pk, server.pk, "revoked", "introspection", None)]


def test_forward_auth_notes_the_address_of_the_client(
    client: Client, server: Any, revoked: IssuedToken, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    headers = bearer(revoked.plaintext) | {"x-forwarded-for": HOME}
    assert client.get(f"/auth/resource/{server.client_id}", headers=headers).status_code == 401
    assert noted() == [(revoked.token.pk, server.pk, "revoked", "forward_auth", HOME)]


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/auth/forward/orders", "unbound_forward_auth"),
        ("/api/token", "token_itself"),
        ("/api/token/rotate", "self_rotation"),
        ("/profile/me", "profile"),
    ],
)
def test_a_door_without_a_resource_server_notes_itself(
    client: Client, revoked: IssuedToken, path: str, door: str
) -> None:
    ask_at = client.post if path.endswith("/rotate") else client.get
    assert ask_at(path, headers=bearer(revoked.plaintext)).status_code == 401
    assert noted() == [(revoked.token.pk, None, "revoked", door, PROXY)]


def test_a_token_that_is_refused_before_the_body_of_its_rotation_is_noted(client: Client, revoked: IssuedToken) -> None:
    environ: dict[str, Any] = {"reference_tokens.head_only": True}
    client.post("/api/token/rotate", headers=bearer(revoked.plaintext), **environ)
    assert noted() == [(revoked.token.pk, None, "revoked", "self_rotation", PROXY)]


def test_a_scope_that_a_good_token_lacks_is_noted(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    ResourceServer.objects.update(required_scopes=["update"])
    issued = issued_pat(alice, application)
    headers = bearer(issued.plaintext)
    assert client.get(f"/auth/resource/{server.client_id}", headers=headers).status_code == 403
    assert [row[2] for row in noted()] == ["insufficient_scope"]


def test_a_good_token_notes_no_refusal(
    client: Client, server: Any, alice: User, application: TrustedApplication
) -> None:
    introspect(client, server, issued_pat(alice, application).plaintext)
    assert noted() == []


def test_a_server_that_may_not_know_the_token_is_noted_with_it(
    client: Client, alice: User, application: TrustedApplication
) -> None:
    issued, stranger = issued_pat(alice, application), ResourceServerFactory.create(asks_for_all_applications=False)
    assert introspect(client, stranger, issued.plaintext).content == INACTIVE
    assert noted() == [(issued.token.pk, stranger.pk, "other_server", "introspection", None)]


def test_a_flood_of_unknown_and_mistyped_values_is_a_row_for_each_reason_without_any_part_of_them(
    client: Client, server: Any
) -> None:
    values = [token_format.generate() for _ in range(20)]
    with time_machine.travel(timezone.now().replace(second=0), tick=False):
        for value in values:
            assert introspect(client, server, value).content == INACTIVE
            assert introspect(client, server, f"{value[:-1]}?").content == INACTIVE
    assert [row[:3] for row in noted()] == [(None, server.pk, "malformed"), (None, server.pk, "unknown")]
    assert [row.count for row in RefusalCount.objects.all()] == [20, 20]
    stored = everything_stored()
    assert not [value for value in values if value[5:13].encode() in stored]


def test_an_unknown_value_at_a_door_without_a_resource_server_is_of_nobody(client: Client, db: None) -> None:
    client.get("/api/token", headers=bearer(token_format.generate()))
    assert noted() == []


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
@pytest.mark.parametrize("body", ["token=x", "x=y"])
def test_a_wrong_secret_is_noted_with_the_address_of_who_sent_it(
    client: Client, server: Any, path: str, body: str
) -> None:
    server.plain_secret = "enrs_wrong"
    assert ask(client, body, credentials(server), path=path).status_code == 401
    door = "introspection" if "introspect" in path else "revocation"
    assert noted() == [(None, server.pk, "wrong_secret", door, PROXY)]


def test_a_caller_that_is_refused_before_its_body_is_noted(client: Client, server: Any) -> None:
    server.plain_secret = "enrs_wrong"
    environ: dict[str, Any] = {"reference_tokens.head_only": True}
    client.post("/oauth/revoke", headers={"authorization": credentials(server)}, **environ)
    assert noted() == [(None, server.pk, "wrong_secret", "revocation", PROXY)]


@pytest.mark.parametrize("door", ["introspection", "forward_auth"])
def test_a_disabled_server_is_noted_and_the_token_not_looked_at(
    client: Client, server: Any, revoked: IssuedToken, door: str
) -> None:
    ResourceServer.objects.update(is_enabled=False)
    if door == "introspection":
        answer = introspect(client, server, revoked.plaintext)
    else:
        answer = client.get(f"/auth/resource/{server.client_id}", headers=bearer(revoked.plaintext))
    assert answer.status_code == 401
    assert noted() == [(None, server.pk, "resource_server_disabled", door, PROXY)]


def test_who_names_no_resource_server_is_not_noted(client: Client, server: Any) -> None:
    server.client_id = "rs_unknown"
    assert introspect(client, server, "x").status_code == 401
    assert client.get("/auth/resource/rs_unknown", headers=bearer("x")).status_code == 401
    assert noted() == []


def test_a_refusal_costs_the_request_no_statement(
    client: Client, server: Any, revoked: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Statements() as noting:
        introspect(client, server, revoked.plaintext)
    monkeypatch.setattr(UsageRecorder, "note_refusal", lambda *_args: None)
    with Statements() as silent:
        introspect(client, server, revoked.plaintext)
    assert len(noting.sql) == len(silent.sql)


def test_t17_every_reason_has_the_same_answer_to_a_stranger(
    client: Client, server: Any, alice: User, application: TrustedApplication, revoked: IssuedToken
) -> None:
    expired = issued_pat(alice, application)
    values = [revoked.plaintext, expired.plaintext, token_format.generate(), "x"]
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        answers = [introspect(client, server, value) for value in values]
    assert {(answer.status_code, answer.content, *sorted(answer.headers.items())) for answer in answers} == {
        (200, INACTIVE, *sorted(answers[0].headers.items()))
    }
